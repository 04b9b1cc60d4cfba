import { invalidParameter, malformedRequest } from "../../api-error";

const MAX_PATH = 4096;
const MAX_SEGMENT = 255;

/**
 * The canonical form of a path, without the optional `/Workspace` prefix. Rejects `..` and similar segments, so that
 * paths stay safe as file names.
 */
export function canonical(path: string): string {
  if (!path.startsWith("/"))
    throw invalidParameter(
      `Path (${path.slice(0, 200)}) must be absolute: it must start with "/".`,
    );
  if (Buffer.byteLength(path) > MAX_PATH)
    throw invalidParameter(`The path must not exceed ${MAX_PATH} bytes.`);
  const segments = path.replace(/\/$/, "").split("/").slice(1);
  for (const segment of segments) {
    if (segment === "" || segment === "." || segment === ".." || /[\p{Cc}\\]/u.test(segment)) {
      throw invalidParameter(
        `Path (${path.slice(0, 200)}) is not valid: "${segment}" cannot be a part of a path.`,
      );
    }
    if (Buffer.byteLength(segment) > MAX_SEGMENT) {
      throw invalidParameter(
        `Path (${path.slice(0, 200)}) is not valid: a name must not exceed ${MAX_SEGMENT} bytes.`,
      );
    }
  }
  if (segments[0] === "Workspace") segments.shift();
  return `/${segments.join("/")}`;
}

export const parentOf = (path: string): string => path.slice(0, path.lastIndexOf("/")) || "/";

/** Decodes a file's path in a URL, where slashes may be encoded. @throws {ApiError} */
export function pathInUrl(encoded: string): string {
  try {
    return `/${decodeURIComponent(encoded)}`;
  } catch {
    throw malformedRequest("The path in the URL is not encoded as it should be.");
  }
}
