import { existsSync } from "node:fs";
import { dirname, posix, resolve } from "node:path";
import { JobstrataError } from "@jobstrata/core/errors";
import { JobGraph, type JobSpec, quote } from "@jobstrata/core/model";
import { posixRelative } from "@jobstrata/core/paths";
import { type BundleSettings, type Reading, settingsOfReading } from "@jobstrata/core/readers";
import { WorkspaceError, type WorkspaceHttp } from "@jobstrata/run";
import { type BundleState, currentState, localStates, readState } from "../import/bundle-state";
import { currentUser, statesIn } from "../import/remote-state";
import {
  type Code,
  isOfGit,
  missingJob,
  samePath,
  type States,
  type TextChange,
  type TextContext,
  withoutExtension,
} from "./code";
import type { TextPlace } from "./settings-walk";

/** Where to find a bundle's states. */
interface BundleCodeOptions {
  /** State or summary files. @default - the states beside the bundle and in the workspace */
  readonly states: readonly string[];
}

/** The jobs of a bundle's target. */
export function bundleCode(
  file: string,
  reading: Reading,
  graph: JobGraph,
  { states: given }: BundleCodeOptions,
): Code {
  const target = graph.environment;
  const own = settingsOfReading(reading, target);
  if (own === undefined) throw new Error(`target ${target} has no settings`);
  const folder = dirname(resolve(file));
  const metadata = posix.join(own.statePath, "metadata.json");
  return {
    kind: "bundle",
    path: reading.path,
    target,
    graph,
    reading,
    others: reading.graphs
      .filter((other) => other !== graph)
      .flatMap(({ environment, jobs }) =>
        jobs.map(({ name = "" }) => ({ name, target: environment })),
      ),
    workspace: {
      ...(own.host !== undefined && { host: own.host }),
      ...(own.profile !== undefined && { profile: own.profile }),
    },
    states: (http, notes) =>
      bundleStates({
        folder,
        graph,
        targets: reading.graphs.map(({ environment }) => environment),
        statePath: own.statePath,
        given,
        http,
        notes,
      }),
    texts: (context) => (job) => bundleTexts(job, folder, own, context),
    deploymentOf: () => ({
      deployment: { kind: "BUNDLE", metadata_file_path: metadata },
      editMode: "UI_LOCKED",
    }),
  };
}

interface StateSource {
  readonly folder: string;
  readonly graph: JobGraph;
  readonly targets: readonly string[];
  readonly statePath: string;
  readonly given: readonly string[];
  readonly http: WorkspaceHttp;
  readonly notes: (note: string) => void;
}

async function bundleStates(source: StateSource): Promise<States> {
  const { folder, graph, targets, statePath, given, http, notes } = source;
  const target = graph.environment;
  const found: BundleState[] = [];
  if (given.length > 0) found.push(...given.map((entry) => givenState(entry, target)));
  else {
    found.push(...localStates(folder, target));
    try {
      const path = (await currentUser(http)).resolve(statePath);
      if (!path.includes("${")) found.push(...(await statesIn(http, path)));
    } catch (error) {
      if (!(error instanceof WorkspaceError) || error.transient) throw error;
      notes(`The state of the bundle in the workspace cannot be read: ${error.message}`);
    }
  }
  const state = currentState(found, target);
  const keys = new Map(graph.jobs.map(({ key, id }) => [key, id]));
  const ids = new Map<string, string>();
  const forgotten = new Map<string, string>();
  for (const [key, id] of state?.jobs ?? []) {
    const spec = keys.get(key);
    if (spec === undefined) forgotten.set(id, key);
    else ids.set(spec, id);
  }
  const elsewhere = new Map<string, string>();
  for (const other of targets) {
    if (other === target) continue;
    for (const { jobs } of localStates(folder, other))
      for (const id of jobs.values()) elsewhere.set(id, other);
  }
  return { isKnown: () => state !== undefined, ids, forgotten, elsewhere };
}

/** Reads a state given as `[target=]file`. */
function givenState(entry: string, target: string): BundleState {
  const named = entry.startsWith(`${target}=`) ? entry.slice(target.length + 1) : entry;
  if (!existsSync(named))
    throw new JobstrataError("config", `--state ${quote(entry)}: there is no such file`);
  const { state, target: of } = readState(named);
  if (of !== undefined && of !== target)
    throw new JobstrataError(
      "config",
      `--state ${quote(entry)} is of target ${quote(of)}, not ${quote(target)}`,
    );
  return state;
}

/** Transforms texts as `databricks bundle deploy` does. */
function bundleTexts(
  job: JobSpec,
  folder: string,
  { filePath, syncRoot }: BundleSettings,
  { user, idOf, idOfName }: TextContext,
): TextChange {
  const remote = (path: string): string =>
    `${filePath}/${posixRelative(syncRoot, resolve(folder, path))}`.replace(/\/$/, "");
  const ids = new Map<string, string | undefined>();
  for (const { runJob } of tasksOf(job)) {
    if (runJob?.kind === "external" && runJob.name !== undefined)
      ids.set(runJob.expression, idOfName(runJob.name));
  }
  return (text, place) => {
    const lookedUp = ids.get(text);
    if (lookedUp !== undefined) return lookedUp;
    const moved =
      isOfGit(place, job) && place.name !== "dependencies" ? text : uploaded(text, place, remote);
    const filled = user(moved).replace(JOB_ID, (whole, key: string) => {
      const spec = job.id.slice(0, job.id.length - job.key.length) + key;
      return idOf(spec) ?? (whole === moved ? missingJob(key) : whole);
    });
    return samePath(filled, place);
  };
}

const JOB_ID = /\$\{resources\.jobs\.([^.[\]}]+)\.id\}/g;

function* tasksOf({ tasks }: Pick<JobSpec, "tasks">): Iterable<JobSpec["tasks"][number]> {
  for (const task of tasks) {
    yield task;
    if (task.forEach !== undefined) yield* tasksOf({ tasks: [task.forEach] });
  }
}

/** Libraries that a deployment builds or uploads separately from other files. */
const BUILT = /\.(?:whl|jar|egg|tar\.gz)$/i;

/** The workspace path of a local file. */
function uploaded(
  text: string,
  { name, holder, shape }: TextPlace,
  remote: (path: string) => string,
): string {
  const isPath = (shape?.kind === "string" || shape?.kind === "strings") && shape.isPath === true;
  if (!isPath || text.startsWith("/") || text.startsWith("${") || /^\w+:/.test(text)) return text;
  // Only the deployment knows the path and the built file name of a library.
  if (BUILT.test(text))
    return `\${any}/${posix.basename(text).replaceAll("*", "${any}").replace(BUILT, "${any}$&")}`;
  if (name === "dependencies") {
    const requirements = /^(-r\s+|-e\s+)(?!\/)(.*)$/.exec(text);
    // Anything else is a package name.
    return requirements === null
      ? text
      : `${requirements[1] ?? ""}\${any}${posix.basename(requirements[2] ?? "")}`;
  }
  const path = remote(text);
  return holder === "notebook_task" ? withoutExtension(path) : path;
}
