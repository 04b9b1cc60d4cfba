import { type CheckedFinding, type CheckReport, openFindings } from "../../model/check-report";
import type { FindingSite, Severity } from "../../model/finding";
import { formatLocation, type SourceLocation } from "../../model/job-spec";
import { printable, quote } from "../../model/text";

/** `1 error`, `2 errors`. */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}

/** `41 jobs in 2 targets, 96 tasks`: each job once, in however many targets it is. */
export function countJobs({ distinct, sources }: CheckReport): string {
  const { jobs, tasks, environments } = distinct;
  const thing = sources.every(({ kind }) => kind === "bundle") ? "target" : "environment";
  const where = environments > 1 ? ` in ${counted(environments, thing)}` : "";
  return `${counted(jobs, "job")}${where}, ${counted(tasks, "task")}`;
}

/** Findings that are reported together: one, or those that many jobs share in the same words. */
export interface FindingGroup {
  readonly findings: readonly [CheckedFinding, ...CheckedFinding[]];
  /** How many jobs share it; undefined of a single finding. */
  readonly jobs?: number;
}

/** A finding that this number of jobs share is reported once, as is one that all jobs share, if there are {@link MIN_ALL}. */
const MIN_SHARED = 10;
const MIN_ALL = 3;

/** Open findings in their order, then those that many jobs share. */
export function groupFindings(report: CheckReport): FindingGroup[] {
  const groups = new Map<string, [CheckedFinding, ...CheckedFinding[]]>();
  for (const finding of openFindings(report)) {
    const { rule, severity } = finding;
    const key = JSON.stringify([
      rule,
      severity,
      pattern(finding, "message"),
      pattern(finding, "fix"),
    ]);
    const before = groups.get(key);
    if (before === undefined) groups.set(key, [finding]);
    else before.push(finding);
  }
  const shared: FindingGroup[] = [];
  const isShared = new Set<CheckedFinding>();
  for (const findings of groups.values()) {
    const jobs = new Set(findings.flatMap(({ sites: [site] }) => site?.job.key ?? [])).size;
    const all = jobs >= report.distinct.jobs && jobs >= MIN_ALL;
    if (!all && jobs < MIN_SHARED) continue;
    shared.push({ findings, jobs });
    for (const finding of findings) isShared.add(finding);
  }
  const single = openFindings(report)
    .filter((finding) => !isShared.has(finding))
    .map((finding): FindingGroup => ({ findings: [finding] }));
  return [...single, ...shared];
}

/** The words of a finding without the names of its own job, task and notebook. */
function pattern(finding: CheckedFinding, part: "message" | "fix"): string {
  let text = finding[part];
  for (const { job, taskKey, notebook } of finding.sites.slice(0, 3)) {
    for (const name of [job.key, taskKey, notebook])
      if (name !== undefined && name !== "") text = text.replaceAll(quote(name), '"…"');
  }
  return text;
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
    ...(location?.address === undefined ? [] : [`in ${printable(location.address)}`]),
  ];
}
