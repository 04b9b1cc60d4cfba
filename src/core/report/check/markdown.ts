import { type CheckedFinding, type CheckReport, openFindings } from "../../model/check-report";
import { printable } from "../../model/text";
import { markdownText, SEVERITY_ICONS } from "../markdown-text";
import { asides, counted, otherSites, shownLocation, siteName, summary } from "./parts";

/** GitHub takes 65 536 characters for a comment. */
const MAX_ROWS = 100;

/** A comment for a pull request, or the summary of a CI job. */
export function checkMarkdown(report: CheckReport): string {
  const open = openFindings(report);
  const beside = asides(report);
  const lines = [
    `### Job hierarchy: ${summary(report)}`,
    "",
    `${counted(report.jobs, "job")}, ${counted(report.tasks, "task")}${beside === "" ? "" : `; ${beside}`}.`,
  ];
  if (report.incomplete)
    lines.push("", "**Not everything could be checked, so this proves nothing.**");
  if (open.length > 0) {
    lines.push("", "| | Rule | Where | What | Fix |", "|---|---|---|---|---|");
    for (const finding of open.slice(0, MAX_ROWS)) lines.push(row(finding));
    if (open.length > MAX_ROWS) lines.push("", `… and ${open.length - MAX_ROWS} more.`);
  }
  return lines.join("\n");
}

function row(finding: CheckedFinding): string {
  const { severity, rule, environment, message, fix, sites, location } = finding;
  const [first] = sites;
  const places = [
    ...(location === undefined ? [] : [shownLocation(location)]),
    ...(first === undefined ? [] : [siteName(first)]),
    ...otherSites(finding).map((site) => {
      const at = site.source ?? site.job.source;
      return `also ${at === undefined ? siteName(site) : shownLocation(at)}`;
    }),
  ];
  const cells = [
    SEVERITY_ICONS[severity],
    `${markdownText(rule)}${environment === undefined ? "" : ` (${markdownText(printable(environment))})`}`,
    places.slice(0, 10).map(markdownText).join("<br>"),
    markdownText(printable(message)),
    markdownText(printable(fix)),
  ];
  return `| ${cells.join(" | ")} |`;
}
