import { randomBytes } from "node:crypto";
import { ApiError } from "../api-error";
import type { Clock } from "../clock";
import { newToken, Tokens } from "../http/tokens";

/** The code of a link is good for so long; milliseconds. */
const CODE_LIFETIME = 5 * 60_000;
/** Of more links that nobody has used, or of more pages, the oldest are forgotten. */
const MAX_CODES = 64;
const MAX_SESSIONS = 64;

/** Access to the page: through a link that only the owner can create and that works once. */
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

  /** Exchanges a code for a token. @throws {ApiError} when it is no longer valid */
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
