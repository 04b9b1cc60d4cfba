import type { YAMLError } from "yaml";

/** A readable explanation of a YAML syntax error. */
export interface Slip {
  readonly what: string;
  readonly fix: string;
  /** Offset of the cause, if it differs from the parser's error position. */
  readonly offset?: number;
}

/** Shortens text to one line for error messages. */
export const oneLine = (message: string): string =>
  message.replace(/\s+/g, " ").trim().slice(0, 200);

/** Explains a parser's first error. Later errors usually follow from it. */
export function explainSlip(text: string, { code, message, pos: [at] }: YAMLError): Slip {
  const line = lineAt(text, at);
  if (/^(?:<{7}|={7}|>{7})(?: |$)/.test(line))
    return {
      what: "a merge conflict is not resolved",
      fix: "keep one side and remove the markers",
    };
  if (/\{%|^\s*\{\{/.test(line)) {
    return {
      what: "the file is a template",
      fix: "check what is generated from it, or leave the template out of include",
    };
  }
  if (followsBlockText(text, at)) {
    return {
      what: "the text below | or > is not indented",
      fix: "indent it deeper than the key that it belongs to",
    };
  }
  switch (code) {
    case "TAB_AS_INDENT":
      return { what: "a tab indents the line", fix: "indent with spaces" };
    case "BLOCK_AS_IMPLICIT_KEY":
      return {
        what: 'a value holds ": ", or the next line is indented too deep',
        fix: "quote the value, or align the next line with this one",
      };
    case "BAD_INDENT":
      return /\bend with a|sufficiently/.test(message)
        ? { what: `a bracket or brace is not closed`, fix: "close it before the next key" }
        : {
            what: "the line is not indented as those beside it",
            fix: "align it with the items or keys that it belongs to",
          };
    case "MULTILINE_IMPLICIT_KEY":
      return { what: 'a key is not followed by ": "', fix: "put a space after the colon" };
    case "BAD_SCALAR_START":
      return { what: `a value begins with ${line.charAt(columnAt(text, at))}`, fix: "quote it" };
    case "MISSING_CHAR":
      return message.includes("quote")
        ? { what: "a quote is not closed", fix: "close it", offset: openQuote(text, at) }
        : { what: 'a key is not followed by ": "', fix: "give it a value, or indent the line" };
    case "MULTIPLE_DOCS":
      return { what: "there are several documents in it", fix: "make a file of each" };
    default:
      return { what: oneLine(message), fix: "correct the line" };
  }
}

/** Whether the previous line starts a block scalar that does not include this line. */
function followsBlockText(text: string, at: number): boolean {
  const before = text.slice(0, text.lastIndexOf("\n", at - 1) + 1).trimEnd();
  return /(?::|-)\s+[|>][-+\d]*\s*(?:#.*)?$/.test(before.slice(before.lastIndexOf("\n") + 1));
}

/** Offset of the last value before `at` with an unclosed quote on its line. */
function openQuote(text: string, at: number): number {
  const values = [...text.slice(0, at).matchAll(/(?<=[:\-[,{]\s+)["'][^"'\n]*$/gm)];
  return values.at(-1)?.index ?? at;
}

const columnAt = (text: string, at: number): number => at - (text.lastIndexOf("\n", at - 1) + 1);

function lineAt(text: string, at: number): string {
  const end = text.indexOf("\n", at);
  return text.slice(at - columnAt(text, at), end === -1 ? undefined : end);
}
