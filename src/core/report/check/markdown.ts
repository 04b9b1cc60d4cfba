import { type CheckReport, environmentText, openFindings } from "../../model/check-report";
import { printable } from "../../model/text";
import { markdownText, SEVERITY_ICONS } from "../markdown-text";
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

/** Maximum rows, so that a comment stays below GitHub's 65 536 characters. */
const MAX_ROWS = 100;

/** The report as a pull request comment or CI job summary. */
export function checkMarkdown(report: CheckReport, all = false): string {
  const beside = asides(report);
  const lines = [
    `### Job hierarchy: ${summary(report)}`,
    "",
    `${countJobs(report)}${beside === "" ? "" : `; ${beside}`}.`,
  ];
  if (report.incomplete)
    lines.push("", "**The check is incomplete: some sources could not be checked.**");
  const { rows, leftOut } = findingsTable(report, { all });
  if (rows.length > 0) lines.push("", ...rows);
  if (leftOut > 0) lines.push("", `… and ${leftOut} more.`);
  return lines.join("\n");
}

/**
 * Formats open findings as the lines of a table; no lines without findings. `leftOut` is the number of rows that do not
 * fit.
 */
export function findingsTable(
  report: CheckReport,
  {
    all = false,
    maxCharacters = Infinity,
  }: { readonly all?: boolean; readonly maxCharacters?: number } = {},
): { readonly rows: string[]; readonly leftOut: number } {
  const open = all
    ? openFindings(report).map((finding): FindingGroup => ({ findings: [finding] }))
    : groupFindings(report);
  if (open.length === 0) return { rows: [], leftOut: 0 };
  const rows = ["| | Rule | Where | What | Fix |", "|---|---|---|---|---|"];
  let room = maxCharacters;
  for (const [at, group] of open.entries()) {
    const line = row(group, report);
    room -= line.length + 1;
    if (at === MAX_ROWS || room < 0) return { rows, leftOut: open.length - at };
    rows.push(line);
  }
  return { rows, leftOut: 0 };
}

function row({ findings, jobs }: FindingGroup, report: CheckReport): string {
  const [finding] = findings;
  const { severity, rule, message, fix, sites, location } = finding;
  const environment = environmentText(finding);
  const [first] = sites;
  const places = [
    ...(location === undefined ? [] : [shownLocation(location)]),
    ...(first === undefined ? [] : [siteName(first)]),
    ...(jobs === undefined ? otherSites(finding) : []).map((site) => {
      const at = site.source ?? site.job.source;
      return `also ${at === undefined ? siteName(site) : shownLocation(at)}`;
    }),
    ...(findings.length > 1 ? [`and ${findings.length - 1} more`] : []),
  ];
  const cells = [
    SEVERITY_ICONS[severity],
    `${markdownText(rule)}${environment === undefined ? "" : ` (${markdownText(printable(environment))})`}`,
    places.slice(0, 10).map(markdownText).join("<br>"),
    `${jobs === undefined ? "" : `${jobs} of ${counted(report.distinct.jobs, "job")}, as `}${markdownText(printable(message))}`,
    markdownText(printable(fix)),
  ];
  return `| ${cells.join(" | ")} |`;
}
