import { type CheckedFinding, environmentText } from "../model/check-report";
import { formatLocation } from "../model/source-location";
import { printable } from "../model/text";

/** The part of a finding that reports need. */
export type ReportedFinding = Omit<CheckedFinding, "fingerprint">;

/** Findings as plain text for a terminal or log, where most readers first see a violation. */
export function textReport(findings: readonly ReportedFinding[]): string {
  return findings.map(findingText).join("\n\n");
}

/** Escapes text of custom rules, which may quote names unescaped. Escaping twice has no effect. */
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
