import { randomBytes } from "node:crypto";
import { ApiError } from "../api-error";
import type { Clock } from "../clock";
import { newToken, Tokens } from "../http/tokens";

/** Lifetime of a link's code; milliseconds. */
const CODE_LIFETIME = 5 * 60_000;
/** Maximum unused links and open sessions; beyond it, the oldest are dropped. */
const MAX_CODES = 64;
const MAX_SESSIONS = 64;

/** Access control of the page. Only the owner can create a link to it, and each link works once. */
export class PageAccess {
  readonly #codes = new Tokens(MAX_CODES);
  readonly #sessions = new Tokens(MAX_SESSIONS);

  readonly #clock: Clock;

  public constructor(clock: Clock) {
    this.#clock = clock;
  }

  public newCode(): string {
    const code = randomBytes(24).toString("base64url");
    this.#codes.add(code, this.#clock.now() + CODE_LIFETIME);
    return code;
  }

  /** Exchanges a code for a session token. @throws {ApiError} if the code is no longer valid */
  public newSession(code: string): string {
    if (!this.#codes.take(code, this.#clock.now())) {
      throw new ApiError(
        403,
        "PERMISSION_DENIED",
        `This link was used before, is older than five minutes, or is of a workspace that was stopped since; ${NEW_LINK}.`,
      );
    }
    const token = newToken();
    this.#sessions.add(token);
    return token;
  }

  /** @throws {ApiError} without a session */
  public check(token: string | undefined): void {
    if (token !== undefined && this.#sessions.has(token)) return;
    throw new ApiError(
      401,
      "UNAUTHENTICATED",
      `This page is not logged in to the workspace, or no longer; ${NEW_LINK}.`,
    );
  }
}

const NEW_LINK = "run npx jobstrata local open for a new link";
