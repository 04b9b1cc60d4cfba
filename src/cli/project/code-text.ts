/**
 * TypeScript as text: enough of its grammar to find where a line belongs. Does without the compiler, because it belongs to the
 * project, in any version, and may not be installed yet.
 */
import { escapeRegExp } from "@jobstrata/core/model";

/** Blanks out comments and the contents of literals; every other character keeps its position. */
export function maskLiterals(text: string): string {
  let masked = "";
  while (masked.length < text.length) {
    const at = masked.length;
    const end = literalEnd(text, at, masked);
    if (end === undefined) {
      masked += text.charAt(at);
      continue;
    }
    const literal = text.slice(at, end);
    const isComment = /^\/[/*]/.test(literal);
    masked += isComment
      ? blank(literal)
      : literal.charAt(0) + blank(literal.slice(1, -1)) + literal.slice(1).slice(-1);
  }
  return masked;
}

const blank = (text: string): string => text.replace(/[^\r\n]/g, " ");

/** The end of the comment or literal that begins at `at`; undefined if none does. */
function literalEnd(text: string, at: number, before: string): number | undefined {
  const character = text.charAt(at);
  if (character === '"' || character === "'") return stringEnd(text, at, character);
  if (character === "`") return templateEnd(text, at);
  if (character !== "/") return undefined;
  if (text.startsWith("//", at)) return endOf(text, "\n", at, 0);
  if (text.startsWith("/*", at)) return endOf(text, "*/", at + 2, 2);
  // A slash after a value divides it; otherwise it begins a regular expression.
  const divides =
    /[\w)\]"'`]\s*$/.test(before) && !/\b(?:return|case|typeof)\s*$/.test(before.slice(-20));
  return divides ? undefined : regexEnd(text, at);
}

function endOf(text: string, mark: string, from: number, length: number): number {
  const at = text.indexOf(mark, from);
  return at < 0 ? text.length : at + length;
}

function stringEnd(text: string, start: number, quote: string): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === quote) return at + 1;
    else if (text[at] === "\n") return at;
  }
  return text.length;
}

function templateEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === "`") return at + 1;
    else if (text.startsWith("${", at)) at = expressionEnd(text, at + 2) - 1;
  }
  return text.length;
}

/** The end of the expression in a template literal: after its closing brace. */
function expressionEnd(text: string, start: number): number {
  let depth = 1;
  for (let at = start; at < text.length;) {
    const end = literalEnd(text, at, text.slice(start, at));
    if (end !== undefined) {
      at = end;
      continue;
    }
    if (text[at] === "{") depth += 1;
    if (text[at] === "}") depth -= 1;
    at += 1;
    if (depth === 0) return at;
  }
  return text.length;
}

function regexEnd(text: string, start: number): number {
  let inClass = false;
  for (let at = start + 1; at < text.length; at++) {
    const character = text[at];
    if (character === "\\") at += 1;
    else if (character === "\n") return at;
    else if (character === "[") inClass = true;
    else if (character === "]") inClass = false;
    else if (character === "/" && !inClass) return at + 1;
  }
  return text.length;
}

const CLOSING: Readonly<Record<string, string>> = { "{": "}", "(": ")", "[": "]" };

/** Index of the bracket that closes the one at `open`, in masked text; undefined if there is none. */
export function closingBracket(masked: string, open: number): number | undefined {
  const expected: string[] = [];
  for (let at = open; at < masked.length; at++) {
    const character = masked.charAt(at);
    const closing = CLOSING[character];
    if (closing !== undefined) expected.push(closing);
    else if (/[})\]]/.test(character)) {
      if (expected.pop() !== character) return undefined;
      if (expected.length === 0) return at;
    }
  }
  return undefined;
}

/** Text to insert before the character at an index. */
interface Insertion {
  readonly at: number;
  readonly text: string;
}

/** Applies all insertions, with the text's own line breaks. */
export function insertAll(text: string, insertions: readonly Insertion[]): string {
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  return [...insertions]
    .sort((a, b) => b.at - a.at)
    .reduce(
      (changed, { at, text: added }) =>
        changed.slice(0, at) + added.replace(/\n/g, eol) + changed.slice(at),
      text,
    );
}

/** Start of the line that contains an index. */
export function lineStart(text: string, at: number): number {
  return text.lastIndexOf("\n", at - 1) + 1;
}

/** Start of the next line, or the end of the text. */
export function nextLine(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end + 1;
}

/** Indentation of the line that contains an index. */
export function indentAt(text: string, at: number): string {
  return /^[ \t]*/.exec(text.slice(lineStart(text, at)))?.[0] ?? "";
}

const IMPORT = /^import\b(?:[^"'`();=]*["'] *["']|\s*\w+\s*=\s*require\(["'] *["']\))[^\n]*$/gm;

/** Where to insert an import: after the last one, or before the first line of code. */
export function importPlace(text: string, masked: string): Insertion["at"] {
  const last = [...masked.matchAll(IMPORT)].at(-1);
  if (last !== undefined) return nextLine(text, last.index + last[0].length);
  const start = text.startsWith("#!") ? nextLine(text, 0) : text.startsWith("\ufeff") ? 1 : 0;
  return start;
}

/** Whether the text imports a relative path, with or without an extension. */
export function importsFrom(text: string, specifier: string): boolean {
  const path = escapeRegExp(specifier.replace(/\.js$/, ""));
  return new RegExp(`^import\\b[^;]*?["']${path}(?:\\.[jt]s)?["']`, "m").test(text);
}
