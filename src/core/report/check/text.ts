import {
  type CheckedFinding,
  type CheckReport,
  environmentText,
  openFindings,
} from "../../model/check-report";
import type { FindingSite } from "../../model/finding";
import type { SourceLocation } from "../../model/source-location";
import { printable } from "../../model/text";
import type { Style } from "../style";
import {
  asides,
  counted,
  countJobs,
  type FindingGroup,
  groupFindings,
  otherSites,
  shownLocation,
  siteName,
  summary,
} from "./parts";

/** Reads the lines of a file; undefined if unavailable. */
export type FileLines = (file: string) => readonly string[] | undefined;

/** Maximum shown characters of a source line. */
const MAX_LINE = 120;

/** The report for a terminal: by file, with source lines and next steps. */
export function checkText(
  report: CheckReport,
  style: Style,
  lines: FileLines,
  all = false,
): string {
  const groups = new Map<string, CheckedFinding[]>();
  const told = all
    ? openFindings(report).map((finding): FindingGroup => ({ findings: [finding] }))
    : groupFindings(report);
  const shared = told.filter(({ jobs }) => jobs !== undefined);
  for (const { findings, jobs } of told) {
    if (jobs !== undefined) continue;
    const [finding] = findings;
    const group = finding.location?.file ?? finding.sites[0]?.job.id ?? "";
    const before = groups.get(group);
    if (before === undefined) groups.set(group, [finding]);
    else before.push(finding);
  }
  const blocks = [...groups].map(([group, findings]) =>
    [
      ...(group === "" ? [] : [style.strong(printable(group))]),
      ...findings.flatMap((finding) => findingLines(finding, style, lines, all)),
    ].join("\n"),
  );
  if (shared.length > 0) {
    blocks.push(
      [
        style.strong("In many jobs"),
        ...shared.flatMap((group) => sharedLines(group, report, style)),
      ].join("\n"),
    );
  }
  return [...blocks, conclusion(report, style)].join("\n\n");
}

/** A shared finding, with the text of the first job. */
function sharedLines(
  { findings, jobs = 0 }: FindingGroup,
  report: CheckReport,
  style: Style,
): string[] {
  const [first] = findings;
  const { severity, rule, message, fix } = first;
  const color = severity === "error" ? style.bad : style.busy;
  const where = findings.slice(0, MAX_EXAMPLES).map((finding) => {
    const { location, sites } = finding;
    return location === undefined ? siteName(sites[0] ?? NOWHERE) : shownLocation(location);
  });
  const more = findings.length - where.length;
  return [
    `  ${color(severity)} ${printable(rule)}  ${jobs} of ${counted(report.distinct.jobs, "job")}, as ${printable(message)}`,
    `    ${where.join(", ")}${more > 0 ? `, and ${more} more: --all lists them` : ""}`,
    `    ${style.faint("fix:")} ${printable(fix)}`,
  ];
}

const NOWHERE: FindingSite = { job: { id: "" } };
const MAX_EXAMPLES = 3;
/** Maximum additional places of a finding. */
const MAX_OTHERS = 5;

function findingLines(
  finding: CheckedFinding,
  style: Style,
  lines: FileLines,
  all: boolean,
): string[] {
  const others = otherSites(finding);
  const told = all || others.length <= MAX_OTHERS + 1 ? others : others.slice(0, MAX_OTHERS);
  const { severity, rule, message, fix, location } = finding;
  const environment = environmentText(finding);
  const { line, column = 1, address = "" } = location ?? {};
  const place = line === undefined ? printable(address) : `${line}:${column}`;
  const where = place === "" ? "" : `${place}  `;
  const color = severity === "error" ? style.bad : style.busy;
  const scope = environment === undefined ? "" : ` [${printable(environment)}]`;
  return [
    `  ${where}${color(severity)} ${printable(rule)}${style.faint(scope)}  ${printable(message)}`,
    ...quoted(location, style, lines),
    ...told.flatMap((site) => {
      const at = site.source ?? site.job.source;
      if (at === undefined) return [`    also ${siteName(site)}`];
      return [`    also ${shownLocation(at)} (${siteName(site)})`, ...quoted(at, style, lines)];
    }),
    ...(others.length > told.length
      ? [`    and ${others.length - told.length} more: --all lists them`]
      : []),
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
  const of = countJobs(report);
  const open = openFindings(report);
  const text = `${of}: ${summary(report)}${beside === "" ? "" : ` (${beside})`}`;
  if (report.incomplete) {
    return `${style.bad(text)}\nThe check is incomplete: see the findings above that say what could not be checked.`;
  }
  if (open.length === 0) return style.good(text);
  return [
    open.some(({ severity }) => severity === "error") ? style.bad(text) : style.busy(text),
    ...nextSteps(report, open).map((step, at) => `${at + 1}. ${step}`),
  ].join("\n");
}

/** Suggested next steps, at most three lines. */
function nextSteps({ rules }: CheckReport, open: readonly CheckedFinding[]): string[] {
  const presets = new Map(rules.map((rule) => [rule.name, rule.presets]));
  const breaking = open.filter(
    ({ rule, severity }) =>
      severity === "error" && presets.get(rule)?.includes("correctness") === true,
  );
  const [first] = breaking.length > 0 ? breaking : open.filter(({ rule }) => presets.has(rule));
  const name = printable(first?.rule ?? "");
  const fixable = open.filter(({ edit }) => edit !== undefined).length;
  return [
    ...(breaking.length > 0 && breaking.length < open.length
      ? [
          `Fix what breaks deployments or runs: ${counted(breaking.length, "error")}, shown alone by --preset correctness; why: jobstrata rules ${name}`,
        ]
      : first === undefined
        ? []
        : [`See why, and how to fix it: jobstrata rules ${name}`]),
    ...(fixable > 0
      ? [
          `Fix ${counted(fixable, "finding")} automatically: jobstrata check --fix (add --dry-run for a preview)`,
        ]
      : []),
    "Accept the current findings and fail on new ones: jobstrata check --update-baseline",
  ];
}
