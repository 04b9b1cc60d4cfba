import { printable, quote } from "../../model/text";
import { PLAIN, type Style } from "../../report/style";
import { shortened } from "../colors-and-labels";
import { type DiffLine, type DiffWriter, reportOf } from "./diff-lines";
import type { HierarchyDiff } from "./hierarchy-diff";

const MARKS = { added: "+", removed: "-", changed: "~", note: "!" } as const;

/** The diff for a terminal. */
export function diffText(
  diffs: readonly HierarchyDiff[],
  { since, style = PLAIN }: { readonly since: string; readonly style?: Style },
): string {
  const writer: DiffWriter = {
    name: (text) => shortened(text),
    value: quote,
    plain: printable,
    arrow: style.marks.arrow,
  };
  const { heads, sections } = reportOf(diffs, writer);
  const named = (names: readonly string[]): string => style.strong(names.join(", "));
  const lines = heads.map(
    ({ environments, said }) => `${named(environments)}: ${said}, since ${shortened(since)}`,
  );
  for (const { environments, said } of sections) {
    if (heads.length > 1 || sections.length > 1) lines.push("", `${named(environments)}:`);
    lines.push(...said.flatMap((line) => shown(line, "  ", style)));
  }
  return lines.join("\n");
}

function shown({ mark, text, below }: DiffLine, indent: string, style: Style): string[] {
  const color = { added: style.good, removed: style.bad, changed: style.busy, note: style.busy };
  return [
    `${indent}${color[mark](`${MARKS[mark]} ${text}`)}`,
    ...below.flatMap((line) => shown(line, `${indent}    `, style)),
  ];
}
