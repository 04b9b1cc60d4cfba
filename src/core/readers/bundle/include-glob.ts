import { lstatSync, readdirSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import { realPath } from "../real-path";

/** True for a pattern, false for a plain path. */
export function isPattern(text: string): boolean {
  return /[*?[]/.test(text);
}

/** True for a pattern with an unclosed `[`. */
export function isBroken(pattern: string): boolean {
  return tokensOf(pattern).includes("[");
}

/**
 * Finds the files of an `include` pattern like Go's `filepath.Glob`, which the Databricks CLI uses: `*`, `?` and
 * `[a-z]` match characters of one name, including a leading dot, and `**` equals `*`.
 */
export function includeGlob(folder: string, pattern: string): FoundFile[] {
  let found: FoundFile[] = [{ path: folder, real: folder }];
  for (const part of posix.normalize(pattern).split("/")) {
    const next = new Map<string, string>();
    for (const { path: parent } of found) {
      for (const { name, isLink } of isPattern(part) ? entriesIn(parent, part) : [{ name: part }]) {
        const path = join(parent, name);
        const real = realPathOf(path, isLink);
        // Links may lead to a folder several times or form cycles.
        if (real !== undefined && !next.has(real)) next.set(real, path);
      }
    }
    found = Array.from(next, ([real, path]) => ({ path, real }));
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** A file or folder, and its real path. */
export interface FoundFile {
  readonly path: string;
  readonly real: string;
}

/** Matching entries of `folder`; empty if it cannot be listed. */
function entriesIn(folder: string, pattern: string): { name: string; isLink?: boolean }[] {
  try {
    if (!statSync(folder).isDirectory()) return [];
    return readdirSync(folder, { withFileTypes: true })
      .filter(({ name }) => matches(name, pattern))
      .map((entry) => ({ name: entry.name, isLink: entry.isSymbolicLink() }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
}

/**
 * The real path. For a broken link, the path itself, so that reading it reports the error; undefined if it does not
 * exist.
 */
function realPathOf(path: string, isLink?: boolean): string | undefined {
  return realPath(path, isLink) ?? (isThere(path) ? path : undefined);
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    // For example, a pattern treats a file as a folder.
    return false;
  }
}

/** Whether `pattern` matches the whole name. Takes at most time proportional to the product of their lengths. */
export function matches(name: string, pattern: string): boolean {
  const tokens = tokensOf(pattern);
  const characters = Array.from(name);
  let at = 0;
  let token = 0;
  /** Position of the last `*`, and how far it has matched. */
  let star = -1;
  let eaten = 0;
  while (at < characters.length) {
    if (tokens[token] === "*") {
      star = token++;
      eaten = at;
    } else if (token < tokens.length && fits(characters[at] ?? "", tokens[token] ?? "")) {
      at++;
      token++;
    } else if (star !== -1) {
      token = star + 1;
      at = ++eaten;
    } else return false;
  }
  while (tokens[token] === "*") token++;
  return token === tokens.length;
}

const tokensOf = (pattern: string): readonly string[] =>
  pattern.match(/\[\^?(?:\\.|[^\\\]])+\]|\\.|[^]/gu) ?? [];

function fits(character: string, token: string): boolean {
  if (token === "?") return true;
  if (token.length > 2 && token.startsWith("[")) {
    const negated = token[1] === "^";
    const ranges = token.slice(negated ? 2 : 1, -1).matchAll(/\\?([^])(?:-\\?([^]))?/gu);
    const inside = [...ranges].some(
      ([, low = "", high = low]) => low <= character && character <= high,
    );
    return inside !== negated;
  }
  return token.replace(/^\\(?=.)/u, "") === character;
}
