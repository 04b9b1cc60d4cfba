import { ApiError } from "../../api-error";
import type { Middleware } from "../exchange";

const MAX_URL = 8192;

/**
 * Rejects requests with a foreign `Host`: a web page could reach this server through a domain that resolves to this
 * machine (DNS rebinding).
 */
export const checkHost =
  (hosts: () => ReadonlySet<string>): Middleware =>
  ({ request }, next) => {
    const { host = "" } = request.headers;
    if (!hosts().has(host.toLowerCase())) {
      throw new ApiError(403, "PERMISSION_DENIED", "The Host header does not name this workspace.");
    }
    if ((request.url ?? "").length > MAX_URL)
      throw new ApiError(414, "MALFORMED_REQUEST", "The URL is too long.");
    return next();
  };
