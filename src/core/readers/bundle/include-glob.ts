import { lstatSync, readdirSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import { realPath } from "../real-path";

/** True for a pattern, false for the path of one file. */
export function isPattern(text: string): boolean {
  return /[*?[]/.test(text);
}

/** True for a `[` that nothing closes. */
export function isBroken(pattern: string): boolean {
  return tokensOf(pattern).includes("[");
}

/**
 * What a pattern of `include` finds, as Go's `filepath.Glob` does for the Databricks CLI: `*`, `?` and `[a-z]` stand for
 * characters of one name, names with a leading dot included, and `**` is no more than `*`.
 */
export function includeGlob(folder: string, pattern: string): string[] {
  let found = [folder];
  for (const part of posix.normalize(pattern).split("/")) {
    const next = new Map<string, string>();
    for (const parent of found) {
      for (const name of isPattern(part) ? namesIn(parent, part) : [part]) {
        const path = join(parent, name);
        const real = realPathOf(path);
        // Links may lead to one folder on many ways, and round in cycles.
        if (real !== undefined && !next.has(real)) next.set(real, path);
      }
    }
    found = [...next.values()];
  }
  return found.sort();
}

/** The names in `folder` that fit. Whatever cannot be listed holds none. */
function namesIn(folder: string, pattern: string): string[] {
  try {
    if (!statSync(folder).isDirectory()) return [];
    return readdirSync(folder)
      .filter((name) => matches(name, pattern))
      .sort();
  } catch {
    return [];
  }
}

/** The path itself for a link to nothing, so that reading it says so; undefined if there is nothing at all. */
function realPathOf(path: string): string | undefined {
  return realPath(path) ?? (isThere(path) ? path : undefined);
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    // Such as below a file that a pattern took for a folder.
    return false;
  }
}

/** Whether all of `name` fits `pattern`. Takes at most the product of their lengths, whatever the pattern. */
export function matches(name: string, pattern: string): boolean {
  const tokens = tokensOf(pattern);
  const characters = Array.from(name);
  let at = 0;
  let token = 0;
  /** Where the last `*` was, and how far it has eaten. */
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
