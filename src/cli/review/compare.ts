import { existsSync } from "node:fs";
import type { CheckedFinding } from "@jobstrata/core/model";
import { diffHierarchies, type HierarchyDiff, UnknownJobs } from "@jobstrata/core/render";
import type { BaseVisitor } from "../changed/base";
import { type Changes, findChanges } from "../changed/changes";
import { type ChangedDocument, isStronger } from "../changed/document";
import type { Io } from "../io";
import { environmentPairs } from "../sources/environment-pairs";
import { baseFindings, type BaseRequest, checkBundle, problemOf } from "./base-findings";
import { baseOf, mergeBaseOf } from "./base";
import type { CiRun } from "./ci-environment";
import type { AffectedJob } from "./review";

/** A comparison of a change with its base. */
export interface Comparison {
  /** Display name of the base; undefined if there is none. */
  readonly since?: string;
  readonly document?: ChangedDocument;
  readonly hierarchy: readonly HierarchyDiff[];
  readonly affected: readonly AffectedJob[];
  /** Findings of the base; undefined if unknown. */
  readonly findings?: readonly CheckedFinding[];
  /** Human-readable sentences. */
  readonly problems: readonly string[];
}

const NOTHING = { hierarchy: [], affected: [], problems: [] };

/** The current CI job. */
export interface Job {
  /** Undefined outside of CI. */
  readonly run?: CiRun;
  /** Environment variables, including tokens. */
  readonly env: Readonly<NodeJS.ProcessEnv>;
}

/** Compares with the given base, else with that of the CI run, or outside CI with HEAD. */
export async function compareWithBase(
  given: string | undefined,
  request: BaseRequest,
  job: Job,
  io: Io,
  signal: AbortSignal,
): Promise<Comparison> {
  const base = await chosenBase(given, job, signal);
  if (base === undefined) return NOTHING;
  if ("problem" in base) {
    const problem = `There is nothing to compare with, so every finding counts as new: ${base.problem}`;
    return { ...NOTHING, problems: [problem] };
  }
  // A bundle at a revision is checked while its files are there.
  let checked: Outcome | undefined;
  const visit: BaseVisitor = async (before, repository) => {
    checked = await outcomeOf(checkBundle(before, repository, request));
  };
  const changes = await findChanges({ ...request, base: base.revision, visit }, io, signal);
  const { document, before } = changes;
  const isRevision = document.from.kind === "bundle" && document.from.commit !== undefined;
  if (!isRevision) checked = await outcomeOf(baseFindings(changes, request));
  else if (before.length === 0) checked = undefined;
  else checked ??= { problem: "the working folder is not in the repository of the bundle" };
  const problems = [
    ...(base.note === undefined ? [] : [base.note]),
    ...document.problems,
    ...(checked?.problem === undefined
      ? []
      : [`The base cannot be checked, so every finding counts as new: ${checked.problem}`]),
  ];
  const findings = checked?.findings;
  return {
    since: base.label,
    document,
    hierarchy: document.complete ? hierarchyOf(changes, request.target) : [],
    affected: affectedJobs(document),
    ...(findings && { findings }),
    problems: problems.map((problem) => problem.replace(/\s+/g, " ")),
  };
}

/** The findings of a base, or why there are none. */
interface Outcome {
  readonly findings?: readonly CheckedFinding[] | undefined;
  readonly problem?: string;
}

async function outcomeOf(
  checking: Promise<readonly CheckedFinding[] | undefined>,
): Promise<Outcome> {
  try {
    return { findings: await checking };
  } catch (error) {
    return { problem: problemOf(error) };
  }
}

interface ChosenBase {
  readonly revision: string;
  readonly label: string;
  readonly note?: string;
}

async function chosenBase(
  given: string | undefined,
  { run, env }: Job,
  signal: AbortSignal,
): Promise<ChosenBase | { readonly problem: string } | undefined> {
  if (given !== undefined) {
    const isPath = !given.startsWith("git:") && (given === "-" || existsSync(given));
    if (isPath || given === "workspace") return { revision: given, label: given };
    const revision = given.replace(/^git:/, "");
    return { revision: `git:${await mergeBaseOf(revision, ".")}`, label: revision };
  }
  if (run === undefined) return { revision: "git:HEAD", label: "HEAD" };
  if (run.base === undefined) return undefined;
  const base = await baseOf(run.base, ".", env, signal);
  return "problem" in base ? base : { ...base, revision: `git:${base.revision}` };
}

function hierarchyOf({ before, after }: Changes, target: readonly string[]): HierarchyDiff[] {
  const [old, now] = [before, after].map((readings) =>
    readings
      .flatMap(({ graphs }) => graphs)
      .filter(({ environment }) => target.length === 0 || target.includes(environment)),
  );
  return environmentPairs(old ?? [], now ?? [], undefined).flatMap((pair) => {
    const diff = diffHierarchies(pair.old, pair.now);
    return diff instanceof UnknownJobs ? [] : [diff];
  });
}

/** Merges each job's entries from all environments, with the strongest state. */
export function affectedJobs({ environments }: ChangedDocument): AffectedJob[] {
  const known = new Map<string, AffectedJob>();
  const busy = environments.filter(({ jobs }) => jobs.length > 0);
  for (const { environment, jobs } of busy) {
    for (const { job, state, level, reasons } of jobs) {
      const before = known.get(job);
      const texts = reasons.map(({ text }) => text);
      known.set(job, {
        job,
        state: before === undefined || isStronger(state, before.state) ? state : before.state,
        ...(level !== undefined && { level }),
        environments: [...(before?.environments ?? []), environment],
        reasons: [...new Set([...(before?.reasons ?? []), ...texts])],
      });
    }
  }
  return [...known.values()].map((job) =>
    job.environments.length === busy.length ? { ...job, environments: [] } : job,
  );
}

/** Text that is safe to paste into a shell. */
const PLAIN = /^[\w][\w./-]*$/;

/** A command that tests an app's affected jobs in the first affected environment. */
export function testCommand({
  complete,
  from,
  to,
  environments,
}: ChangedDocument): string | undefined {
  const environment = environments.find(({ jobs }) => jobs.length > 0)?.environment;
  const { commit } = from;
  // A bundle's jobs cannot be found in a workspace by key.
  if (to.kind !== "cdktf" || !complete) return undefined;
  if (commit === undefined || environment === undefined) return undefined;
  if (!PLAIN.test(environment)) return undefined;
  return `npx jobstrata test -t ${environment} --select state:modified+ --state ${commit.slice(0, 12)}`;
}
