import { relative, sep } from "node:path";

/** A path as people write it: from where they are, with `/`. */
export function relativePath(path: string): string {
  return relative(process.cwd(), path).split(sep).join("/") || ".";
}
