import { type CheckedFinding, type CheckReport, openFindings } from "../../model/check-report";
import type { SourceLocation } from "../../model/job-spec";
import { printable } from "../../model/text";
import type { Style } from "../style";
import { asides, counted, otherSites, shownLocation, siteName, summary } from "./parts";

/** The lines of a file; undefined if they cannot be had. */
export type FileLines = (file: string) => readonly string[] | undefined;

/** Longer lines of source are cut; characters. */
const MAX_LINE = 120;

/** The outcome for a terminal: by file, with the lines that are meant, and what to do next. */
export function checkText(report: CheckReport, style: Style, lines: FileLines): string {
  const groups = new Map<string, CheckedFinding[]>();
  for (const finding of openFindings(report)) {
    const group = finding.location?.file ?? finding.sites[0]?.job.id ?? "";
    const before = groups.get(group);
    if (before === undefined) groups.set(group, [finding]);
    else before.push(finding);
  }
  const blocks = [...groups].map(([group, findings]) =>
    [
      ...(group === "" ? [] : [style.strong(printable(group))]),
      ...findings.flatMap((finding) => findingLines(finding, style, lines)),
    ].join("\n"),
  );
  return [...blocks, conclusion(report, style)].join("\n\n");
}

function findingLines(finding: CheckedFinding, style: Style, lines: FileLines): string[] {
  const { severity, rule, environment, message, fix, location } = finding;
  const where = location?.line === undefined ? "" : `${location.line}:${location.column ?? 1}  `;
  const color = severity === "error" ? style.bad : style.busy;
  const scope = environment === undefined ? "" : ` [${printable(environment)}]`;
  return [
    `  ${where}${color(severity)} ${printable(rule)}${style.faint(scope)}  ${printable(message)}`,
    ...quoted(location, style, lines),
    ...otherSites(finding).flatMap((site) => {
      const at = site.source ?? site.job.source;
      if (at === undefined) return [`    also ${siteName(site)}`];
      return [`    also ${shownLocation(at)} (${siteName(site)})`, ...quoted(at, style, lines)];
    }),
    `    ${style.faint("fix:")} ${printable(fix)}`,
  ];
}

function quoted(location: SourceLocation | undefined, style: Style, lines: FileLines): string[] {
  if (location?.line === undefined) return [];
  const text = lines(location.file)?.[location.line - 1];
  if (text === undefined || text.trim() === "") return [];
  const cut = text.length > MAX_LINE ? `${text.slice(0, MAX_LINE)}${style.marks.more}` : text;
  return [style.faint(`    ${String(location.line).padStart(5)} | ${printable(cut)}`)];
}

function conclusion(report: CheckReport, style: Style): string {
  const beside = asides(report);
  const of = `${counted(report.jobs, "job")}, ${counted(report.tasks, "task")}`;
  const open = openFindings(report);
  const text = `${of}: ${summary(report)}${beside === "" ? "" : ` (${beside})`}`;
  if (report.incomplete) {
    return `${style.bad(text)}\nNot everything could be checked, so this proves nothing: see the findings above that say so.`;
  }
  if (open.length === 0) return style.good(text);
  const [first] = open;
  const known = report.rules.some(({ name }) => name === first?.rule);
  return [
    open.some(({ severity }) => severity === "error") ? style.bad(text) : style.busy(text),
    ...(known ? [`Why, and how to mend it: jobstrata rules ${printable(first?.rule ?? "")}`] : []),
    "To accept what is there today and fail on what is new: jobstrata check --update-baseline",
  ].join("\n");
}
