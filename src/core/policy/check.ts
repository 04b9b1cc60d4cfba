import { resolve } from "node:path";
import type { BaselineEntry } from "../config/baseline";
import type { LoadedConfig } from "../config/config";
import { ignoredBy } from "../config/ignore";
import type { CheckedFinding, CheckReport } from "../model/check-report";
import type { Finding, Severity } from "../model/finding";
import { leafTasks } from "../model/job-graph";
import { formatLocation } from "../model/source-location";
import type { Reading, ReadProblem } from "../readers/reading";
import { configureRules, describeRule } from "./configure";
import { evaluate, sawNoJob } from "./evaluate";
import type { Rule } from "./rule";
import { located } from "./located";
import { Suppressions } from "./suppressions";
import { posixRelative } from "../paths";

/** Input of {@link check}. */
export interface CheckInput {
  readonly readings: readonly Reading[];
  /** All rules; the configuration selects from them. */
  readonly rules: readonly Rule[];
  readonly config: LoadedConfig;
  /** Rule names that suppressions may use. @default - those of `rules` */
  readonly ruleNames?: readonly string[];
  /** The project's baseline. */
  readonly baseline?: { readonly file: string; readonly entries: readonly BaselineEntry[] };
  /** `YYYY-MM-DD`, for the expiry of suppressions. */
  readonly today: string;
  /** @default - as configured, else `error` */
  readonly failOn?: Severity;
}

/** Formats a date for {@link CheckInput.today}. */
export function today(): string {
  return new Date().toISOString().slice(0, 10);
}

/** Applies the rules to all readings, and removes suppressed findings. */
export function check(input: CheckInput): CheckReport {
  const { readings, config, baseline } = input;
  const rules = configureRules(input.rules, config.config);
  const isIgnored = ignoredBy(config);
  const found = [...problemsOf(readings, rules, config), ...judge(readings, rules)]
    .map(located)
    .filter((finding) => !liesIn(finding, isIgnored));
  const suppressions = new Suppressions(
    readings.flatMap((reading) => reading.suppressions),
    config,
    rules,
    input.ruleNames ?? input.rules.map(({ name }) => name),
    input.today,
  );
  const excused = found.map((finding): CheckedFinding => {
    const suppression = finding.inconclusive === true ? undefined : suppressions.of(finding);
    return suppression === undefined ? finding : { ...finding, suppression };
  });
  const accepted = accept(
    collapse(uncovered(excused, rules)),
    baseline?.entries ?? [],
    suppressions,
  );
  // Findings of rules that do not apply are unknown today.
  const applied = new Set(rules.map(({ name }) => name));
  const fixed = accepted.left.filter(({ rule }) => applied.has(rule));
  const findings = [
    ...accepted.findings,
    ...suppressions.problems().map(located),
    ...fixed.map((entry) => fixedFinding(entry, baseline?.file)),
  ];
  return {
    ...countsOf(readings),
    rules: rules.map(describeRule),
    findings,
    incomplete: findings.some(({ inconclusive }) => inconclusive === true),
    fixed: fixed.length,
    failOn: input.failOn ?? config.config.failOn ?? "error",
  };
}

/** The problems of readings as findings. */
function problemsOf(
  readings: readonly Reading[],
  rules: readonly Rule[],
  config: LoadedConfig,
): Finding[] {
  return readings.flatMap(({ problems }) =>
    problems.flatMap((problem) => findingOf(problem, rules, config)),
  );
}

/** The findings of rules, and of readings without a job. */
function judge(readings: readonly Reading[], rules: readonly Rule[]): Finding[] {
  const isKnown = readings.every(({ problems }) => problems.every(isConclusive));
  const empty = readings.filter((reading) => !hasJobs(reading));
  const isEmpty = empty.length === readings.length;
  // The problem of the source explains why it has no job.
  if (isEmpty && !isKnown) return [];
  const findings = evaluate(
    readings.flatMap(({ graphs }) => graphs),
    rules,
  );
  // If all of them are empty, the policy reports it.
  if (isEmpty) return findings;
  const silent = empty.filter(({ problems }) => problems.every(isConclusive));
  return [...findings, ...silent.map(({ path }) => sawNoJob(path))];
}

/** A finding of the baseline that no longer exists. */
function fixedFinding({ rule, message }: BaselineEntry, file = ""): CheckedFinding {
  return located({
    rule: "fixed-in-baseline",
    severity: "info",
    message: `in the baseline, but no longer found: ${rule}: ${message}`,
    fix: "run jobstrata check --update-baseline, so that it cannot come back unnoticed",
    sites: [],
    location: { file: shown(file) },
  });
}

/** What was checked. */
function countsOf(
  readings: readonly Reading[],
): Pick<CheckReport, "sources" | "jobs" | "tasks" | "distinct"> {
  const jobs = readings.flatMap(({ graphs }) => graphs.flatMap((graph) => graph.jobs));
  return {
    sources: readings.map(({ kind, path, graphs }) => ({
      kind,
      path,
      environments: graphs.map(({ environment }) => environment),
      jobs: graphs.reduce((sum, graph) => sum + graph.jobs.length, 0),
    })),
    jobs: jobs.length,
    tasks: jobs.reduce((sum, job) => sum + leafTasks(job).length, 0),
    distinct: distinctOf(readings),
  };
}

/** Suppresses the findings in the baseline. @returns the findings, and the entries that match none of them */
function accept(
  all: readonly CheckedFinding[],
  entries: readonly BaselineEntry[],
  suppressions: Suppressions,
): { readonly findings: CheckedFinding[]; readonly left: BaselineEntry[] } {
  const known = new Map<string, BaselineEntry[]>();
  for (const entry of entries)
    known.set(entry.fingerprint, [...(known.get(entry.fingerprint) ?? []), entry]);
  const findings = all.map((finding): CheckedFinding => {
    const { rule, fingerprint, suppression } = finding;
    // A mistake in several places has one fingerprint, and a baseline entry for each place.
    if (suppression !== undefined || known.get(fingerprint)?.pop() === undefined) return finding;
    if (!suppressions.allows(rule)) return finding;
    return { ...finding, suppression: { kind: "baseline", reason: "accepted in the baseline" } };
  });
  return { findings, left: [...known.values()].flat() };
}

const isConclusive = ({ severity, rule }: ReadProblem): boolean =>
  severity !== "error" || rule !== undefined;

/** A reader's problem as a finding, if its rule applies. */
function findingOf(
  problem: ReadProblem,
  rules: readonly Rule[],
  { config }: LoadedConfig,
): Finding[] {
  const { rule: name } = problem;
  if (name === undefined) {
    const finding = { ...problem, rule: "readable-source", sites: [] };
    return [isConclusive(problem) ? finding : { ...finding, inconclusive: true }];
  }
  const rule = rules.find((each) => each.name === name);
  if (rule === undefined) return [];
  const entry = config.rules?.[name];
  const isConfigured = typeof entry === "string" || entry?.severity !== undefined;
  const severity = isConfigured ? rule.severity : problem.severity;
  return [{ ...problem, rule: name, severity, sites: problem.sites ?? [] }];
}

/** A job in several environments counts once. */
function distinctOf(readings: readonly Reading[]): CheckReport["distinct"] {
  const environments = new Set<string>();
  let jobs = 0;
  let tasks = 0;
  for (const { graphs } of readings) {
    const known = new Set<string>();
    for (const { environment, jobs: own } of graphs) {
      environments.add(environment);
      for (const job of own) {
        const definition = job.definition ?? job.id;
        if (known.has(definition)) continue;
        known.add(definition);
        jobs++;
        tasks += leafTasks(job).length;
      }
    }
  }
  return { jobs, tasks, environments: environments.size };
}

const hasJobs = ({ graphs }: Reading): boolean => graphs.some(({ jobs }) => jobs.length > 0);

/** Removes findings that another rule describes better at the same places. */
function uncovered(
  findings: readonly CheckedFinding[],
  rules: readonly Rule[],
): readonly CheckedFinding[] {
  const coveredBy = new Map(rules.map(({ name, coveredBy: by = [] }) => [name, [by].flat()]));
  const placesOf = ({ rule, environments, sites }: CheckedFinding, by = rule): string[] =>
    sites.map(({ job, taskKey }) => JSON.stringify([by, environments, job.id, taskKey]));
  const said = new Set(
    findings
      // A suppressed finding does not cover others.
      .filter(({ suppression }) => suppression === undefined)
      .flatMap((finding) => placesOf(finding)),
  );
  return findings.filter((finding) => {
    if (finding.sites.length === 0) return true;
    const covered = (coveredBy.get(finding.rule) ?? []).some((by) =>
      placesOf(finding, by).every((place) => said.has(place)),
    );
    return !covered;
  });
}

/** Merges a mistake that is written once but affects several environments into one finding. */
function collapse(all: readonly CheckedFinding[]): CheckedFinding[] {
  const byMistake = new Map<string, CheckedFinding[]>();
  for (const finding of all) {
    const { fingerprint, location, suppression } = finding;
    const place = location === undefined ? "" : formatLocation(location);
    const key = JSON.stringify([fingerprint, place, suppression]);
    const before = byMistake.get(key);
    if (before === undefined) byMistake.set(key, [finding]);
    else before.push(finding);
  }
  return [...byMistake.values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined || same.length === 1) return same;
    const environments = new Set(same.flatMap((each) => each.environments));
    const sites = new Map(
      same
        .flatMap((each) => each.sites)
        .map((site) => [`${site.job.id} ${site.taskKey ?? ""}`, site]),
    );
    return {
      ...first,
      sites: [...sites.values()],
      environments: [...environments],
    };
  });
}

/** Whether a finding lies, with all of its sites, in ignored files. */
function liesIn(
  { sites, location, inconclusive }: CheckedFinding,
  isIgnored: (file: string) => boolean,
): boolean {
  if (inconclusive === true) return false;
  const files = sites.length === 0 ? [location?.file] : sites.map(({ source }) => source?.file);
  return files.every((file) => file !== undefined && isIgnored(file));
}

const shown = (file: string): string => posixRelative(process.cwd(), resolve(file));
