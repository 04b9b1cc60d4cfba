import type { Change } from "./compare";
import {
  countsOf,
  DRIFT_KINDS,
  type DriftJob,
  type DriftReport,
  exitCodeOf,
  labels,
} from "./report";
import { changeText, isSecret, plainValue } from "./words";

const RESULTS = ["OK", "DRIFT", "INCOMPLETE"] as const;

/** The report as JSON. */
export function driftJson(
  report: DriftReport,
  { all = false }: { readonly all?: boolean },
): string {
  const exitCode = exitCodeOf(report);
  const labelOf = labels(report);
  const jobs = report.jobs.filter(({ kinds }) => all || kinds.length > 0);
  const document = {
    version: 1,
    command: "drift",
    target: report.target,
    host: report.host,
    source: report.source,
    result: RESULTS[exitCode],
    exit_code: exitCode,
    problems: report.problems.map(({ message, location }) => ({
      message,
      ...(location && { location }),
    })),
    fail_on: DRIFT_KINDS.filter((kind) => report.failOn.has(kind)),
    counts: {
      jobs: report.jobs.length,
      equal: report.jobs.filter(({ kinds }) => kinds.length === 0).length,
      ...countsOf(report),
      live: report.live,
      elsewhere: report.elsewhere,
    },
    jobs: jobs.map((job) => jsonJob(job, report, labelOf)),
    findings: report.findings.map((each) => ({
      kind: each.kind,
      ...(each.jobId !== "" && { job_id: each.jobId, url: `${report.host}/jobs/${each.jobId}` }),
      name: each.name,
      ...(each.key !== undefined && { key: each.key }),
      message: each.text,
      ...(each.creator !== undefined && { creator: each.creator }),
      ...(each.created !== undefined && { created: new Date(each.created).toISOString() }),
      ...(each.others !== undefined && { other_job_ids: each.others }),
      ...(each.location && { location: each.location }),
    })),
  };
  return JSON.stringify(document, undefined, 2);
}

function jsonJob(
  job: DriftJob,
  report: DriftReport,
  labelOf: (id: string) => string | undefined,
): object {
  return {
    key: job.key,
    name: job.name,
    ...(job.jobId !== undefined && { job_id: job.jobId, url: `${report.host}/jobs/${job.jobId}` }),
    ...(job.matchedBy !== undefined && { matched_by: job.matchedBy }),
    kinds: job.kinds,
    ...(job.note !== undefined && { note: job.note }),
    changes: job.changes.map((change) => ({
      kind: change.kind,
      path: change.path,
      ...valuesOf(change),
      message: changeText(change, labelOf),
    })),
    platform_values: job.given.map(({ path, value, by }) => ({
      path,
      value: plainValue(value),
      by,
    })),
    not_compared: job.open,
    ...(job.isHidden === true && { permissions: "not readable" }),
    ...(job.location && { location: job.location }),
  };
}

/** Both values, with secrets masked. */
function valuesOf(change: Change): object {
  const { code, live } = change;
  const hidden = isSecret(change);
  const value = (side: Change["code"]) => (hidden ? "(sensitive)" : plainValue(side ?? null));
  return {
    ...(code !== undefined && { code: value(code) }),
    ...(live !== undefined && { live: value(live) }),
  };
}
