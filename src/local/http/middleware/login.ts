import { ApiError } from "../../api-error";
import type { Exchange } from "../exchange";
import { bearerOf, newToken, Tokens } from "../tokens";

/** Accepts the owner's token, and tokens that were granted. */
export class Login {
  readonly #owner = new Tokens();
  readonly #granted = new Tokens();

  /** @param token what the owner of the workspace bears: everything is open to it */
  public constructor(token: string) {
    this.#owner.add(token);
  }

  /** A further token, for everything under `/api` and nothing else, until it is revoked. */
  public grant(): { token: string; revoke: () => void } {
    const token = newToken();
    return { token, revoke: this.#granted.add(token) };
  }

  public readonly check = (exchange: Exchange, next: () => Promise<void>): Promise<void> => {
    this.#admit(exchange);
    return next();
  };

  /** @throws {ApiError} for a request without a valid token */
  #admit({ request, method, path }: Exchange): void {
    const { authorization } = request.headers;
    // Clients look here for how to log in before they do.
    if (path.startsWith("/.well-known/") || path.startsWith("/oidc/")) return;
    if (authorization === undefined) {
      throw new ApiError(
        401,
        "UNAUTHENTICATED",
        "Credential was not sent or was of an unsupported type for this API.",
      );
    }
    const token = bearerOf(authorization);
    if (token !== undefined && this.#owner.has(token)) return;
    if (token === undefined || !this.#granted.has(token)) {
      throw new ApiError(403, "PERMISSION_DENIED", "Invalid access token.");
    }
    if (!path.startsWith("/api/")) {
      throw new ApiError(
        403,
        "PERMISSION_DENIED",
        `A token of a task is for what is under /api only, not for ${method} ${path.slice(0, 100)}.`,
      );
    }
  }
}
