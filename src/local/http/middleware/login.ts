import { ApiError } from "../../api-error";
import type { Exchange } from "../exchange";
import { bearerOf, newToken, Tokens } from "../tokens";

/** Authenticates requests by the owner's token or a granted token. */
export class Login {
  readonly #owner = new Tokens();
  readonly #granted = new Tokens();

  /** @param token the owner's token, which gives access to everything */
  public constructor(token: string) {
    this.#owner.add(token);
  }

  /** Creates a token for `/api` only, valid until revoked. */
  public grant(): { token: string; revoke: () => void } {
    const token = newToken();
    return { token, revoke: this.#granted.add(token) };
  }

  public readonly check = (exchange: Exchange, next: () => Promise<void>): Promise<void> => {
    this.#admit(exchange);
    return next();
  };

  /** @throws {ApiError} if the request has no valid token */
  #admit({ request, method, path }: Exchange): void {
    const { authorization } = request.headers;
    // Clients call the discovery endpoints before they log in.
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
