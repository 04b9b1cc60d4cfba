import { type CheckedFinding, type CheckReport, openFindings } from "../../model/check-report";
import type { FindingSite, Severity } from "../../model/finding";
import { formatLocation, type SourceLocation } from "../../model/job-spec";
import { printable } from "../../model/text";

/** `1 error`, `2 errors`. */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}

/** How many open findings of each severity there are. */
export function countBySeverity(report: CheckReport): Record<Severity, number> {
  const counts = { error: 0, warning: 0, info: 0 };
  for (const { severity } of openFindings(report)) counts[severity]++;
  return counts;
}

/** `3 errors, 1 warning`, or `no findings`. */
export function summary(report: CheckReport): string {
  const { error, warning, info } = countBySeverity(report);
  const parts = [
    error > 0 ? counted(error, "error") : "",
    warning > 0 ? counted(warning, "warning") : "",
    info > 0 ? counted(info, "note") : "",
  ].filter((part) => part !== "");
  return parts.join(", ") || "no findings";
}

/** What is suppressed and what is fixed, in words; empty if there is neither. */
export function asides(report: CheckReport): string {
  const suppressed = report.findings.length - openFindings(report).length;
  return [
    suppressed > 0 ? `${suppressed} suppressed` : "",
    report.fixed > 0 ? `${counted(report.fixed, "finding")} of the baseline fixed` : "",
  ]
    .filter((part) => part !== "")
    .join(", ");
}

/** The job and task of a site, for people: `alerting_seed_job, task seed`. */
export function siteName({ job, taskKey = "" }: FindingSite): string {
  const task = taskKey === "" ? "" : `, task ${printable(taskKey)}`;
  return `${printable(job.key ?? job.id)}${task}`;
}

/** The sites beside the first, each once for every place that can be told apart: stacks of several environments cannot. */
export function otherSites({ sites }: CheckedFinding): readonly FindingSite[] {
  const nameOf = (site: FindingSite): string => {
    const at = site.source ?? site.job.source;
    return at === undefined ? site.job.id : `${formatLocation(at)} ${siteName(site)}`;
  };
  return [...new Map([...sites].reverse().map((site) => [nameOf(site), site])).values()]
    .reverse()
    .filter((site) => sites[0] !== undefined && nameOf(site) !== nameOf(sites[0]));
}

/** `file:line:column`, made safe to show. */
export function shownLocation(location: SourceLocation): string {
  return printable(formatLocation(location));
}

/** The message with everything that stands beside it, in lines. */
export function fullText(finding: CheckedFinding): string[] {
  const { message, fix, sites, location } = finding;
  return [
    printable(message),
    ...otherSites(finding).map((site) => {
      const at = site.source ?? site.job.source;
      return `also ${at === undefined ? siteName(site) : `${shownLocation(at)} (${siteName(site)})`}`;
    }),
    `fix: ${printable(fix)}`,
    ...(location === undefined && sites[0] !== undefined ? [`in ${siteName(sites[0])}`] : []),
  ];
}
