import { existsSync } from "node:fs";
import { JobstrataError } from "@jobstrata/core/errors";
import { type JobGraph, type JobSpec, printable } from "@jobstrata/core/model";
import { analyseAhead, type Reading } from "@jobstrata/core/readers";
import {
  diffJobs,
  type DiffLine,
  type JobDiff,
  jobLine,
  type JobPair,
} from "@jobstrata/core/render";
import type { Io } from "../io";
import { environmentPairs, type EnvironmentPair } from "../sources/environment-pairs";
import { ignoring, readSources, type SourcesOptions } from "../sources/options";
import { type Base, type BaseVisitor, readBase } from "./base";
import {
  type BaseSource,
  type ChangedDocument,
  type ChangedJob,
  type Reason,
  summaryOf,
} from "./document";
import { downstreamOf } from "./downstream";
import { entryFor, labelsOf } from "./entry";
import { JobReasons } from "./job-reasons";
import { renamedJobs } from "./renamed-jobs";
import { bundleOf, unreadable, unreadAt, unreadBundles } from "./unread-bundles";
import type { LiveOptions } from "./workspace-base";

/** What to compare. */
interface ChangesRequest extends SourcesOptions {
  /** A git revision, a path, or `workspace`. @default "HEAD" */
  readonly base?: string;
  /** The source of the jobs to compare with it. @default "." */
  readonly path?: string;
  /** Environments. @default - all */
  readonly target?: readonly string[];
  /** The jobs at {@link path}, if already read. */
  readonly readings?: readonly Reading[];
  /** Called with a bundle at the base revision, all files of which are there meanwhile, in a temporary folder. */
  readonly visit?: BaseVisitor;
}

/** The differences from a base. */
export interface Changes {
  readonly document: ChangedDocument;
  /** The base, with paths mapped to the current side; empty if it could not be read. */
  readonly before: readonly Reading[];
  readonly after: readonly Reading[];
}

/**
 * Compares jobs with a base: their settings and the files that they depend on. If the base cannot be read, every job counts as
 * modified.
 *
 * @throws {JobstrataError} `source` if the jobs themselves cannot be read
 */
export async function findChanges(
  request: ChangesRequest,
  io: Io,
  signal?: AbortSignal,
): Promise<Changes> {
  const { base = "HEAD", path, target = [], readings, visit, ...given } = request;
  const isLive = base === "workspace" && !existsSync(base);
  refuseUnclear(request, isLive);
  const { local, data, ...others } = given;
  const sources = isLive ? others : given;
  const paths = path === undefined ? [] : [path];
  const after = readings ?? (await readSources(paths, sources, target, io));
  const reading = after.find(({ kind }) => kind === "bundle") ?? after[0];
  if (reading === undefined) throw new JobstrataError("source", "there are no jobs to compare");
  const { source, python } = sources;
  const options = { ...(source && { source }), ...(python !== undefined && { python }) };
  if (isLive) {
    const live = {
      ...options,
      ...(target[0] !== undefined && { target: target[0] }),
      ...(local !== undefined && { local }),
      ...(data !== undefined && { data }),
    };
    return {
      document: await compareLive(reading, path, live, io, signal),
      before: [],
      after: [reading],
    };
  }
  let found: Base;
  try {
    found = await readBase(base, {
      reading,
      options: { ...options, isIgnored: ignoring(sources.config) },
      io,
      ...(signal && { signal }),
      ...(visit && { visit }),
    });
    refuseUnreadable(found);
  } catch (error) {
    if (!(error instanceof JobstrataError) || signal?.aborted === true) throw error;
    return { document: everything(reading, base, error.message), before: [], after: [reading] };
  }
  const before = found.reading ?? reading;
  return { document: await compare(reading, found, target), before: [before], after: [reading] };
}

/** @throws {JobstrataError} `config` if it is unclear what is compared with what */
function refuseUnclear({ local, source, target = [] }: ChangesRequest, isLive: boolean): void {
  if (!isLive && (local === true || source === "workspace"))
    throw new JobstrataError(
      "config",
      "jobs of a workspace are compared as the base: jobstrata changed workspace",
    );
  if (isLive && target.length > 1)
    throw new JobstrataError(
      "config",
      "a workspace is compared with one target or environment: give --target once",
    );
}

/** @throws {JobstrataError} `source` if nothing of a base can be compared */
function refuseUnreadable({ files, reading }: Base): void {
  // Of several bundles, one that is broken at the base leaves the others comparable.
  const isDivided = files !== undefined && reading?.bundles !== undefined;
  const why = isDivided ? undefined : unreadable(reading?.problems ?? []);
  if (why !== undefined) throw new JobstrataError("source", why);
}

/** Compares with a workspace. */
async function compareLive(
  reading: Reading,
  path = ".",
  options: LiveOptions,
  io: Io,
  signal: AbortSignal | undefined,
): Promise<ChangedDocument> {
  // Lazy: only this comparison needs a workspace client.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { codeOf, changesLive } = require("./workspace-base") as typeof import("./workspace-base");
  const code = codeOf(path, options);
  const graphs = reading.graphs.filter(({ environment }) => environment === code.target);
  const own = { ...reading, graphs };
  try {
    const { host, environment, jobs } = await changesLive(code, options, io, signal);
    const all = [...jobs, ...downstreamOf(code.graph, jobs)].sort(byKey);
    return documentOf(own, { kind: "workspace", path: host }, [{ environment, jobs: all }], {
      complete: true,
      problems: ["the code of jobs in a workspace is not compared, only their settings are"],
    });
  } catch (error) {
    if (!(error instanceof JobstrataError)) throw error;
    return everything(own, "workspace", error.message);
  }
}

const UNREADABLE: Reason = { kind: "unknown", text: "the base cannot be read" };

/** Reports all jobs as modified because the base is unknown. */
function everything(reading: Reading, base: string, problem: string): ChangedDocument {
  const environments = reading.graphs.map(({ environment, jobs }) => ({
    environment,
    jobs: Array.from(labelsOf({ jobs }), ([job, label]) =>
      entryFor(label, job, "modified", [UNREADABLE]),
    ),
  }));
  return documentOf(reading, { kind: reading.kind, path: base }, environments, {
    complete: false,
    problems: [`the base cannot be read: ${problem}; every job counts as modified`],
  });
}

async function compare(
  reading: Reading,
  base: Base,
  targets: readonly string[],
): Promise<ChangedDocument> {
  const before = base.reading ?? reading;
  const asked = (graphs: readonly JobGraph[]): readonly JobGraph[] =>
    targets.length === 0
      ? graphs
      : graphs.filter(({ environment }) => targets.includes(environment));
  const pairs = environmentPairs(asked(before.graphs), asked(reading.graphs), undefined);
  const others = new JobReasons(reading, base);
  const unread = {
    before: base.reading === undefined ? [] : unreadBundles(base.reading),
    now: unreadBundles(reading),
  };
  const context: Context = {
    isSameReading: base.reading === undefined,
    others,
    unread: (job) => unreadAt(bundleOf(job, reading), unread.before)?.path,
    isHidden: (job) => unreadAt(bundleOf(job, before), unread.now) !== undefined,
  };
  const changed = pairs.map((pair) => changedJobs(pair, context));
  // Finding the readers of changed jobs' tables requires the code of all jobs.
  const graphs = pairs.flatMap(({ now }, at) => (now && changed[at]?.length !== 0 ? [now] : []));
  await analyseAhead(graphs);
  const environments = pairs.map(({ old, now }, at) => {
    const own = changed[at] ?? [];
    const environment = (now ?? old)?.environment ?? "";
    return { environment, jobs: [...own, ...downstreamOf(now, own)].sort(byKey) };
  });
  return documentOf(reading, base.from, environments, {
    complete: unread.before.length + unread.now.length === 0,
    problems: [
      ...unread.before.map(
        ({ path, why }) =>
          `bundle ${path} cannot be read at the base: ${why}; each of its jobs counts as modified`,
      ),
      ...unread.now.map(
        ({ path, why }) =>
          `bundle ${path} cannot be read: ${why}; jobs that it lacks are not compared`,
      ),
      ...base.problems,
      ...(base.uploads?.problems(reading.graphs.flatMap(({ jobs }) => jobs)) ?? []),
    ],
  });
}

const byKey = (a: ChangedJob, b: ChangedJob): number =>
  a.job < b.job ? -1 : a.job > b.job ? 1 : 0;

/** What the comparison of an environment needs to know. */
interface Context {
  readonly isSameReading: boolean;
  readonly others: JobReasons;
  /** The path of the job's bundle if it cannot be read at the base. */
  readonly unread: (job: JobSpec) => string | undefined;
  /** Whether a job of the base may still exist, in a bundle that cannot be read now. */
  readonly isHidden: (job: JobSpec) => boolean;
}

/** The jobs of an environment that have changed themselves, without downstream ones. */
function changedJobs(
  { old, now }: EnvironmentPair,
  { isSameReading, others, unread, isHidden }: Context,
): ChangedJob[] {
  const { jobs, all } = isSameReading ? { jobs: [], all: [] } : diffJobs(old, now);
  const diffs = new Map(jobs.map((job) => [job.after ?? job.before, job]));
  const pairs = new Map(all.map((pair) => [pair.after, pair]));
  const changed: ChangedJob[] = [];
  const renamed = renamedJobs(jobs);
  const gone = new Set([...renamed.values()].map(({ before }) => before));
  for (const [job, key] of labelsOf(now ?? { jobs: [] })) {
    const bundle = unread(job);
    if (bundle !== undefined) {
      const text = `bundle ${printable(bundle)} cannot be read at the base`;
      changed.push(entryFor(key, job, "modified", [{ kind: "unknown", text }]));
      continue;
    }
    const own = diffs.get(job);
    const from = renamed.get(job)?.before;
    if (own?.change === "added" && from === undefined) {
      changed.push(entryFor(key, job, "new", [{ kind: "new", text: "is new" }]));
      continue;
    }
    const before = from ?? (isSameReading ? job : pairs.get(job)?.before);
    const was = before && { job: before, environment: old?.environment ?? "" };
    const reasons = [
      ...(from === undefined ? settingsReasons(own, pairs.get(job)) : [renamedReason(from)]),
      ...others.of(job, was, now?.environment ?? ""),
    ];
    if (reasons.length === 0) continue;
    const entry = entryFor(key, job, "modified", reasons);
    changed.push(from === undefined ? entry : { ...entry, renamed_from: from.key });
  }
  for (const { key, before, change } of jobs) {
    if (change !== "removed" || before === undefined || gone.has(before)) continue;
    if (isHidden(before)) continue;
    changed.push(entryFor(key, before, "removed", [{ kind: "removed", text: "was removed" }]));
  }
  return changed;
}

const renamedReason = ({ key }: JobSpec): Reason => ({
  kind: "renamed",
  text: `was renamed from ${printable(key)}`,
});

const WRITER = {
  name: printable,
  value: (text: string) => JSON.stringify(text),
  plain: printable,
  arrow: "→",
};

/** Changed settings, one line each. */
function settingsReasons(job: JobDiff | undefined, pair: JobPair | undefined): Reason[] {
  const reasons: Reason[] = [];
  const { before, after } = pair ?? {};
  if (before !== undefined && after !== undefined && before.stack !== after.stack) {
    const text = `stack: ${printable(before.stack)} → ${printable(after.stack)}`;
    reasons.push({ kind: "settings", text });
  }
  if (job === undefined) return reasons;
  const visit = (line: DiffLine, above: string): void => {
    const text = above === "" ? line.text : `${above}: ${line.text}`;
    if (line.below.length === 0) reasons.push({ kind: "settings", text });
    else for (const each of line.below) visit(each, text);
  };
  for (const line of jobLine(job, WRITER).below) visit(line, "");
  return reasons;
}

function documentOf(
  reading: Reading,
  from: BaseSource,
  environments: ChangedDocument["environments"],
  rest: Pick<ChangedDocument, "complete" | "problems">,
): ChangedDocument {
  const all = new Set(reading.graphs.flatMap((graph) => [...labelsOf(graph).values()]));
  const now = new Set(reading.graphs.flatMap(({ jobs }) => jobs.map(({ stack }) => stack)));
  const stacks = new Set<string>();
  for (const { jobs } of environments)
    for (const { state, stack } of jobs)
      if (state !== "downstream" && (state !== "removed" || now.has(stack))) stacks.add(stack);
  return {
    version: 1,
    from,
    to: { kind: reading.kind, path: reading.path },
    ...rest,
    summary: summaryOf(environments, all),
    stacks: [...stacks].sort(),
    environments: environments.filter(({ jobs }) => jobs.length > 0),
  };
}
