import { createColors } from "picocolors";
import { printable } from "../model/text";

/** Text decoration for an output. */
export interface Style {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly busy: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly strong: (text: string) => string;
  /** A hyperlink if the terminal supports it, otherwise the text alone. */
  readonly link: (text: string, url: string | undefined) => string;
  /** Lines and marks of a tree. */
  readonly marks: Marks;
}

export interface Marks {
  readonly good: string;
  readonly bad: string;
  readonly busy: string;
  readonly waiting: string;
  readonly skipped: string;
  readonly branch: string;
  readonly last: string;
  readonly down: string;
  readonly arrow: string;
  readonly more: string;
}

const UNICODE: Marks = {
  good: "✔",
  bad: "✖",
  busy: "●",
  waiting: "○",
  skipped: "–",
  branch: "├─ ",
  last: "└─ ",
  down: "│  ",
  arrow: "→",
  more: "…",
};

const ASCII: Marks = {
  good: "+",
  bad: "x",
  busy: "*",
  waiting: "o",
  skipped: "-",
  branch: "|- ",
  last: "`- ",
  down: "|  ",
  arrow: "->",
  more: "...",
};

/** @param options - `unicode`: whether the output supports more than ASCII */
export function styleOf(options: { readonly color: boolean; readonly unicode: boolean }): Style {
  const colors = createColors(options.color);
  return {
    good: colors.green,
    bad: colors.red,
    busy: colors.cyan,
    faint: colors.dim,
    strong: colors.bold,
    link: options.color ? hyperlink : (text) => text,
    marks: options.unicode ? UNICODE : ASCII,
  };
}

export const PLAIN: Style = styleOf({ color: false, unicode: true });

/** An OSC 8 hyperlink, only for valid web addresses. */
function hyperlink(text: string, url: string | undefined): string {
  if (url === undefined || !/^https?:\/\/[\x21-\x7e]+$/.test(url) || printable(url) !== url)
    return text;
  return `\u001b]8;;${url}\u001b\\${text}\u001b]8;;\u001b\\`;
}
