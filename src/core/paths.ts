import { relative, sep } from "node:path";

/** A path with `/` between its parts, on every platform. */
export function posixPath(path: string): string {
  return path.split(sep).join("/");
}

/** The way from a folder to a path, with `/`; empty if they are the same. */
export function posixRelative(folder: string, path: string): string {
  return posixPath(relative(folder, path));
}

/** A path as people write it: from the working folder, with `/`; `.` for that folder itself. */
export function relativePath(path: string): string {
  return posixRelative(process.cwd(), path) || ".";
}
