import { type CheckedFinding, type CheckReport, openFindings } from "../../model/check-report";
import type { FindingSite, Severity } from "../../model/finding";
import { formatLocation, type SourceLocation } from "../../model/source-location";
import { printable, quote } from "../../model/text";

/** `1 error`, `2 errors`. */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}

/** `41 jobs in 2 targets, 96 tasks`: counts each job once for all targets. */
export function countJobs({ distinct, sources }: CheckReport): string {
  const { jobs, tasks, environments } = distinct;
  const thing = sources.every(({ kind }) => kind === "bundle") ? "target" : "environment";
  const where = environments > 1 ? ` in ${counted(environments, thing)}` : "";
  return `${counted(jobs, "job")}${where}, ${counted(tasks, "task")}`;
}

/** Findings reported together: a single one, or those with the same text in many jobs. */
export interface FindingGroup {
  readonly findings: readonly [CheckedFinding, ...CheckedFinding[]];
  /** Number of jobs that share it; undefined for a single finding. */
  readonly jobs?: number;
}

/**
 * Findings shared by at least this number of jobs are reported once, as are those shared by all jobs if there are at
 * least {@link MIN_ALL}.
 */
const MIN_SHARED = 10;
const MIN_ALL = 3;

/** Single open findings in order, then shared ones. */
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

/** A finding's text without the names of its job, task and notebook. */
function pattern(finding: CheckedFinding, part: "message" | "fix"): string {
  let text = finding[part];
  for (const { job, taskKey, notebook } of finding.sites.slice(0, 3)) {
    for (const name of [job.key, taskKey, notebook])
      if (name !== undefined && name !== "") text = text.replaceAll(quote(name), '"…"');
  }
  return text;
}

/** Numbers of open findings by severity. */
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

/** Text about suppressed and fixed findings; empty if there are none. */
export function asides(report: CheckReport): string {
  const suppressed = report.findings.length - openFindings(report).length;
  return [
    suppressed > 0 ? `${suppressed} suppressed` : "",
    report.fixed > 0 ? `${counted(report.fixed, "finding")} of the baseline fixed` : "",
  ]
    .filter((part) => part !== "")
    .join(", ");
}

/** Display name of a site: `alerting_seed_job, task seed`. */
export function siteName({ job, taskKey = "" }: FindingSite): string {
  const task = taskKey === "" ? "" : `, task ${printable(taskKey)}`;
  return `${printable(job.key ?? job.id)}${task}`;
}

/** The distinct additional sites. Stacks of several environments at the same place count once. */
export function otherSites({ sites }: CheckedFinding): readonly FindingSite[] {
  const nameOf = (site: FindingSite): string => {
    const at = site.source ?? site.job.source;
    return at === undefined ? site.job.id : `${formatLocation(at)} ${siteName(site)}`;
  };
  return [...new Map([...sites].reverse().map((site) => [nameOf(site), site])).values()]
    .reverse()
    .filter((site) => sites[0] !== undefined && nameOf(site) !== nameOf(sites[0]));
}

/** `file:line:column`, printable. */
export function shownLocation(location: SourceLocation): string {
  return printable(formatLocation(location));
}

/** The message with sites, fix and location, as lines. */
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
