import { type CheckedFinding, environmentText } from "../model/check-report";
import { formatLocation } from "../model/job-spec";
import { printable } from "../model/text";

/** What of a finding is reported. */
export type ReportedFinding = Omit<CheckedFinding, "fingerprint">;

/** The findings as plain text for a terminal or a log, most readers' first and only view of a violation. */
export function textReport(findings: readonly ReportedFinding[]): string {
  return findings.map(findingText).join("\n\n");
}

/** Rules that others write may not escape the names they quote; text that is escaped already stays as it is. */
function findingText(finding: ReportedFinding): string {
  const { severity, rule, message, fix, sites } = finding;
  const environment = environmentText(finding);
  const scope = environment === undefined ? "" : ` [${printable(environment)}]`;
  const lines = [`${severity} ${printable(rule)}${scope}: ${printable(message)}`];
  for (const { job, taskKey } of sites) {
    const task = taskKey === undefined || taskKey === "" ? "" : `, task ${printable(taskKey)}`;
    const source = job.source === undefined ? "" : ` (${printable(formatLocation(job.source))})`;
    lines.push(`  at ${printable(job.id)}${task}${source}`);
  }
  lines.push(`  fix: ${printable(fix)}`);
  return lines.join("\n");
}
