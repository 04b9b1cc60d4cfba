import { relative, sep } from "node:path";

/** Converts a path to `/` separators, on every platform. */
export function posixPath(path: string): string {
  return sep === "/" ? path : path.split(sep).join("/");
}

/** The relative path from a folder, with `/`; empty if both are the same. */
export function posixRelative(folder: string, path: string): string {
  return posixPath(relative(folder, path));
}

/** A path relative to the working folder, with `/`; `.` for the working folder. */
export function relativePath(path: string): string {
  return posixRelative(process.cwd(), path) || ".";
}

/** Removes the optional `/Workspace` prefix of a workspace path. */
export const withoutMount = (path: string): string => path.replace(/^\/Workspace(?=\/)/, "");

/** Whether `path` is `folder` or inside it. Both are absolute and normalized. */
export function isInside(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
