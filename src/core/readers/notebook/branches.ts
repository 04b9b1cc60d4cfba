import { nesting } from "./code-text";
import type { Token } from "./code-tokens";

/** Token ranges, each from an inclusive to an exclusive index. */
type Ranges = readonly (readonly [from: number, to: number])[];

/** A function that tests whether an index is in any range. */
function within(ranges: Ranges, length: number): (at: number) => boolean {
  const steps = new Int32Array(length + 1);
  for (const [from, to] of ranges) {
    steps[from] = (steps[from] ?? 0) + 1;
    steps[to] = (steps[to] ?? 0) - 1;
  }
  for (let at = 1; at <= length; at++) steps[at] = (steps[at] ?? 0) + (steps[at - 1] ?? 0);
  return (at) => (steps[at] ?? 0) > 0;
}

const CONDITIONAL = ["if", "elif", "else", "case", "except"];
const COMPOUND = [
  ...CONDITIONAL,
  "try",
  "finally",
  "for",
  "while",
  "with",
  "def",
  "class",
  "match",
];

/** A Python compound statement. */
interface Block {
  readonly keyword: string;
  readonly indent: number;
  /** Start of its body. */
  readonly start: number;
  /** The try block, for a handler. */
  readonly tried: { readonly from: number; readonly to: number } | undefined;
  /** Indentation of its body. */
  inner: number | undefined;
  /** Whether a handler always raises, so that it catches nothing. */
  raises: boolean;
}

/** Python code that may not run or whose failure is caught: branches, handlers, and try blocks with a handler. */
export function pythonBranches(tokens: readonly Token[]): (at: number) => boolean {
  const ranges: [number, number][] = [];
  const open: Block[] = [];
  let tried: { readonly from: number; readonly to: number; readonly indent: number } | undefined;
  const close = (block: Block, to: number): void => {
    if (CONDITIONAL.includes(block.keyword)) ranges.push([block.start, to]);
    if (block.keyword === "try") tried = { from: block.start, to, indent: block.indent };
    if (block.tried !== undefined && !block.raises) ranges.push([block.tried.from, block.tried.to]);
  };
  for (const [at, { indent, text, kind }] of tokens.entries()) {
    if (indent === undefined) continue;
    for (let last = open.at(-1); last !== undefined && last.indent >= indent; last = open.at(-1)) {
      close(last, at);
      open.pop();
    }
    const around = open.at(-1);
    if (around !== undefined) {
      around.inner ??= indent;
      if (text === "raise" && around.inner === indent) around.raises = true;
    }
    if (tried?.indent !== indent || !["except", "else", "finally"].includes(text)) {
      if (tried !== undefined && tried.indent >= indent) tried = undefined;
    }
    if (kind !== "name") continue;
    const keyword = text === "async" ? (tokens[at + 1]?.text ?? "") : text;
    if (!COMPOUND.includes(keyword)) continue;
    const start = behindColon(tokens, at + 1);
    if (start === undefined) continue;
    const always = tokens.slice(at, start).some((token) => token.text === "__name__");
    open.push({
      keyword: always ? "with" : keyword,
      indent,
      start: keyword === "elif" ? at : start,
      tried: keyword === "except" ? tried : undefined,
      inner: undefined,
      raises: tokens[start]?.text === "raise" && tokens[start].indent === undefined,
    });
  }
  for (const block of open.reverse()) close(block, tokens.length);
  return within(ranges, tokens.length);
}

/** Start of the code after a compound statement's colon. */
function behindColon(tokens: readonly Token[], from: number): number | undefined {
  let depth = 0;
  for (let at = from; at < tokens.length; at++) {
    const token = tokens[at];
    if (token === undefined || token.indent !== undefined) return undefined;
    if (token.kind !== "mark") continue;
    depth += nesting(token.text);
    if (token.text === ":" && depth <= 0) return at + 1;
  }
  return undefined;
}

/** Like {@link pythonBranches} for Scala and R, by brackets: if, else, try, Try(…), tryCatch(…). */
export function branches(tokens: readonly Token[]): (at: number) => boolean {
  const ranges: [number, number][] = [];
  const open: { readonly at: number; readonly optional: boolean; readonly isTest: boolean }[] = [];
  let test: number | undefined;
  for (const [at, { kind, text }] of tokens.entries()) {
    if (kind !== "mark") continue;
    if (nesting(text) > 0) {
      const before = tokens[at - 1];
      const word = before?.kind === "name" ? before.text : "";
      const optional =
        ["try", "Try", "tryCatch", "else", "catch"].includes(word) ||
        (text === "{" && test === at - 1);
      open.push({ at, optional, isTest: text === "(" && word === "if" });
    } else if (nesting(text) < 0) {
      const begun = open.pop();
      if (begun?.optional === true) ranges.push([begun.at, at]);
      if (begun?.isTest === true) test = at;
    }
  }
  return within(ranges, tokens.length);
}
