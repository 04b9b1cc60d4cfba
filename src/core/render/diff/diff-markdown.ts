import { printable, quote } from "../../model/text";
import { shortened } from "../colors-and-labels";
import { type DiffLine, type DiffWriter, mostChanged, reportOf, summaryOf } from "./diff-lines";
import { diffMermaid, type DiffMermaidOptions } from "./diff-mermaid";
import { countChanges, type HierarchyDiff } from "./hierarchy-diff";

/** Maximum size of a comment; bytes. GitHub allows 65,536 characters, and a text has at least as many bytes. */
const MAX_BYTES = 65_000;
/** Maximum characters of the drawing, which may take three bytes each. */
const MAX_DRAWN = 18_000;
/** Bytes reserved for the note about omitted lines, and for closing lines. */
const RESERVED = 500;

const MARKS = { added: "➕", removed: "➖", changed: "✏️", note: "⚠️" } as const;

const WRITER: DiffWriter = {
  name: (text) => codeSpan(shortened(text)),
  value: (text) => codeSpan(quote(text)),
  plain: (text) => codeSpan(text),
  arrow: "→",
};

/** Options of {@link diffMarkdown}. */
export interface DiffMarkdownOptions extends DiffMermaidOptions {
  /** Name of the compared version. */
  readonly since: string;
  /** Level and first words of the heading. @default "### Job hierarchy" */
  readonly heading?: string;
  /** Whether to include a drawing. @default true */
  readonly drawing?: boolean;
  /** Maximum size; bytes. @default - GitHub's limit for comments */
  readonly maxBytes?: number;
}

/** The diff as a pull request comment: a summary, a drawing, and collapsible details. */
export function diffMarkdown(
  diffs: readonly HierarchyDiff[],
  {
    since,
    heading = "### Job hierarchy",
    drawing = true,
    maxBytes = MAX_BYTES,
    ...options
  }: DiffMarkdownOptions,
): string {
  const { heads, sections } = reportOf(diffs, WRITER);
  const page = new Page(maxBytes - RESERVED);
  page.add(`${heading}: ${summaryOf(countChanges(diffs))}`, "");
  for (const { environments, said } of heads)
    page.add(`- ${someOf(environments)}: ${said}, since ${WRITER.name(since)}`);
  const notes = sections.flatMap(({ said }) => said.filter(({ mark }) => mark === "note"));
  if (notes.length > 0) page.add("", ...notes.slice(0, 20).flatMap((line) => bullets(line, "")));
  const drawn = mostChanged(diffs);
  if (drawing && drawn !== undefined && drawn.jobs.length > 0) {
    const maxCharacters = Math.min(MAX_DRAWN, Math.floor(maxBytes / 3));
    const { text } = diffMermaid(drawn, { ...options, maxCharacters });
    const name = diffs.length > 1 ? ["", `As drawn for ${WRITER.name(drawn.environment)}:`] : [];
    page.add(...name, "", ["```mermaid", text.trimEnd(), "```"].join("\n"));
  }
  const all = sections.flatMap(({ environments, said }) => [
    ...(heads.length + sections.length > 2 ? [`- **${someOf(environments)}**`] : []),
    ...said.flatMap((line) => bullets(line, heads.length + sections.length > 2 ? "  " : "")),
  ]);
  if (all.length > 0) page.fold("All changes", all);
  return page.text();
}

function bullets({ mark, text, below }: DiffLine, indent: string): string[] {
  return [
    `${indent}- ${MARKS[mark]} ${text}`,
    ...below.flatMap((line) => bullets(line, `${indent}  `)),
  ];
}

function someOf(environments: readonly string[]): string {
  const more = environments.length - 20;
  return `${environments.slice(0, 20).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** Collects lines up to the maximum size. */
class Page {
  readonly #lines: string[] = [];
  #room: number;
  #leftOut = 0;

  public constructor(room: number) {
    this.#room = room;
  }

  public add(...lines: readonly string[]): void {
    for (const line of lines) this.#add(line);
  }

  public fold(summary: string, lines: readonly string[]): void {
    if (!this.#add(`\n<details><summary>${summary}</summary>\n`)) {
      this.#leftOut += lines.length;
      return;
    }
    for (const line of lines) this.#add(line);
    // Space for this line is reserved.
    this.#lines.push("\n</details>");
    this.#room -= 16;
  }

  public text(): string {
    if (this.#leftOut > 0) {
      const lines = `${this.#leftOut} more ${this.#leftOut === 1 ? "line" : "lines"}`;
      this.#lines.push(
        "",
        `… and ${lines} that do not fit into a comment: \`jobstrata graph --diff\` prints all.`,
      );
    }
    return this.#lines.join("\n");
  }

  /** After the first line that does not fit, drops all others, because later lines may belong to omitted ones. */
  #add(line: string): boolean {
    const size = new TextEncoder().encode(line).length + 1;
    if (this.#leftOut > 0 || size > this.#room) {
      this.#leftOut++;
      return false;
    }
    this.#room -= size;
    this.#lines.push(line);
    return true;
  }
}

/** Formats text as a code span, in which HTML, links and mentions have no effect. */
export function codeSpan(text: string): string {
  const shown = printable(text);
  const longest = Math.max(0, ...Array.from(shown.matchAll(/`+/g), ([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const edge = /^`|`$|^ .* $/s.test(shown) ? " " : "";
  // An empty code span does not exist.
  return shown === "" ? '`""`' : `${fence}${edge}${shown}${edge}${fence}`;
}
