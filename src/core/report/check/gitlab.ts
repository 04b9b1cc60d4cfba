import { type CheckReport, openFindings } from "../../model/check-report";
import { printable } from "../../model/text";

const SEVERITIES = { error: "major", warning: "minor", info: "info" } as const;

/**
 * A Code Quality report, which GitLab shows in merge requests. Path is required, so a finding without a file uses the
 * job's id.
 */
export function checkGitlab(report: CheckReport): string {
  const seen = new Map<string, number>();
  const issues = openFindings(report).map((finding) => {
    const { rule, message, fix, severity, location, sites, fingerprint } = finding;
    const count = seen.get(fingerprint) ?? 0;
    seen.set(fingerprint, count + 1);
    return {
      description: `${printable(message)}; ${printable(fix)}`,
      check_name: rule,
      fingerprint: count === 0 ? fingerprint : `${fingerprint}-${count}`,
      severity: SEVERITIES[severity],
      location: {
        path: location?.file ?? sites[0]?.job.id ?? rule,
        lines: { begin: location?.line ?? 1 },
      },
    };
  });
  return JSON.stringify(issues, undefined, 2);
}
