import { existsSync, realpathSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { JobstrataError, quoteWithSuggestion } from "@jobstrata/core/errors";
import { maskSecret, quote } from "@jobstrata/core/model";
import { type Reading, priorState, readTerraformJson } from "@jobstrata/core/readers";
import {
  type DiffSource,
  diffJson,
  mostChanged,
  diffMarkdown,
  diffMermaid,
  diffText,
  diffHierarchies,
  type HierarchyDiff,
  UnknownJobs,
} from "@jobstrata/core/render";
import { PLAIN } from "@jobstrata/core/report";
import { readPath, type SourceOptions } from "../sources/path";
import { formatByName, writeDrawing } from "./drawing-file";
import { atRevision } from "../git/revision";
import { environmentPairs } from "../sources/environment-pairs";
import { sayProblems } from "../sources/graphs";
import { Interrupts } from "../interrupts";
import type { Io } from "../io";
import { movedReading, withoutCommonEnd } from "./relocation";
import { styleFor } from "../terminal";
import type { GraphOptions } from "./options";

const FORMATS = ["text", "mermaid", "markdown", "json"] as const;
type DiffFormat = (typeof FORMATS)[number];
const BY_EXTENSION: Readonly<Record<string, DiffFormat>> = {
  json: "json",
  markdown: "markdown",
  md: "markdown",
  mermaid: "mermaid",
  mmd: "mermaid",
  txt: "text",
};

/** The two sides of a comparison. */
interface Compared {
  readonly before: Reading;
  readonly after: Reading;
  /** Notes about `before`. */
  readonly since: string;
  readonly from: DiffSource;
}

/**
 * Shows what changes between two hierarchies.
 *
 * @throws {JobstrataError} `source`, `config` if there is nothing to compare
 */
export async function runGraphDiff(
  what: readonly string[],
  options: GraphOptions,
  io: Io,
): Promise<number> {
  const format = formatOf(options);
  if (options.select !== undefined || options.state !== undefined)
    throw new JobstrataError(
      "config",
      "--select cannot be combined with --diff, which shows nothing else",
    );
  const aborted = new AbortController();
  const interrupts = new Interrupts(
    () => {
      aborted.abort();
    },
    () => undefined,
  );
  try {
    const [first, ...others] = what;
    const hasPath = first !== undefined && (first === "-" || existsSync(first));
    const compared = await compare(hasPath ? first : ".", options, aborted.signal);
    // Print the warnings that came while files were read.
    await new Promise(setImmediate);
    if (interrupts.exitCode !== undefined) return interrupts.exitCode;
    const isComplete = sayProblems([compared.before, compared.after], io);
    const diffs = diffsOf(compared, hasPath ? others : what, options);
    const text = draw(diffs, format, compared, options, io);
    if (options.output === undefined) io.out(text.trimEnd());
    else writeDrawing(options.output, text);
    return isComplete ? 0 : 2;
  } catch (error) {
    if (interrupts.exitCode === undefined) throw error;
    return interrupts.exitCode;
  } finally {
    interrupts.stop();
  }
}

function formatOf({ format, output }: GraphOptions): DiffFormat {
  if (format === undefined) {
    const named = formatByName(output, BY_EXTENSION);
    if (named !== undefined) return named;
    const other = /\.(dot|gv|svg|html?)$/i.exec(output ?? "")?.[1];
    if (other === undefined) return "text";
    return refused(other);
  }
  // The text format of a diff is the tree.
  if (format === "tree") return "text";
  return FORMATS.find((each) => each === format) ?? refused(format);
}

function refused(format: string): never {
  throw new JobstrataError(
    "config",
    `--diff has no format ${format}; use --format ${FORMATS.join(", ")}`,
  );
}

/** Determines the two sides of the comparison. */
async function compare(
  path: string,
  { source, local, target, diff }: GraphOptions,
  signal: AbortSignal,
): Promise<Compared> {
  if (source === "workspace" || local === true) {
    throw new JobstrataError(
      "source",
      "jobs of a workspace have no keys and cannot be compared; compare a bundle, synthesized stacks or a plan",
    );
  }
  const base = typeof diff === "string" ? diff : undefined;
  if (base === "-" && path === "-")
    throw new JobstrataError("source", "only one of two sources can be read from standard input");
  let prior: Reading | undefined;
  const terraform: SourceOptions["terraform"] = (json, file) => {
    const state = base === undefined ? priorState(json) : undefined;
    if (state !== undefined) prior = readTerraformJson(state, file, { mask: maskSecret });
    return readTerraformJson(json, file, { mask: maskSecret });
  };
  const readings = readPath(path, {
    ...(source && { source }),
    targets: target === undefined ? [] : [target],
    terraform,
  });
  if (base !== undefined && !base.startsWith("git:") && (base === "-" || existsSync(base)))
    return withPath(base, readings, readPath(base, { targets: [], terraform }));
  if (base === undefined && prior !== undefined) {
    const [after = prior] = readings;
    const from = { kind: "terraform", path: after.path, prior_state: true } as const;
    return { before: prior, after, since: "the state before the plan", from };
  }
  return withRevision(base?.replace(/^git:/, ""), path, readings, signal);
}

function withPath(base: string, after: readonly Reading[], before: readonly Reading[]): Compared {
  const ofKind = (readings: readonly Reading[], others: readonly Reading[]): Reading => {
    const [first] = readings;
    if (first !== undefined && readings.length === 1) return first;
    const same = readings.filter(({ kind }) => others.length === 1 && kind === others[0]?.kind);
    const both = others.length > 1 ? readings.filter(({ kind }) => kind === "bundle") : same;
    const [found] = both;
    if (found !== undefined) return found;
    throw new JobstrataError(
      "source",
      `both ${readings.map(({ path }) => quote(path)).join(" and ")} could be compared; name one of them`,
    );
  };
  const now = ofKind(after, before);
  const old = ofKind(before, [now]);
  const from = { kind: old.kind, path: old.path };
  const isMovable = old.kind === now.kind && (old.kind === "bundle" || old.kind === "cdktf");
  if (!isMovable) return { before: old, after: now, since: base, from };
  const move = withoutCommonEnd(folderOf(old), folderOf(now));
  return { before: movedReading(old, move), after: now, since: base, from };
}

/** The folder of a bundle, or of the app that synthesized these stacks. */
function folderOf({ path }: Reading): string {
  const real = realpathSync(resolve(path));
  return dirname(real);
}

async function withRevision(
  wanted: string | undefined,
  path: string,
  readings: readonly Reading[],
  signal: AbortSignal,
): Promise<Compared> {
  const after = readings.find(({ kind }) => kind === "bundle");
  const [first] = readings;
  if (after === undefined) {
    const what = first?.kind === "cdktf" ? "synthesized stacks" : "a plan or a state";
    throw new JobstrataError(
      "source",
      wanted === undefined
        ? `${quote(path)} has no prior state; name a source to compare it with: --diff PATH`
        : `${quote(wanted)} does not exist; ${what} can only be compared with a path, and only a bundle with a git revision`,
    );
  }
  const revision = wanted ?? "HEAD";
  const before = await atRevision(
    resolve(after.path),
    revision,
    ({ file, root, repository }) => {
      const shown = (inside: string): string => `${revision}:${inside}`;
      const [reading = after] = readPath(file, {
        source: "bundle",
        targets: [],
        repository: root,
        hasFiles: false,
      });
      // Job positions are looked up lazily: do it while the files exist.
      return movedReading(reading, { from: root, to: repository, shown });
    },
    signal,
  );
  const from = { kind: "bundle", path: after.path, revision } as const;
  return { before, after, since: revision, from };
}

function diffsOf(
  { before, after }: Compared,
  jobs: readonly string[],
  { target, direction, depth }: GraphOptions,
): HierarchyDiff[] {
  const options = { direction, ...(depth !== undefined && { depth }) };
  const pairs = environmentPairs(before.graphs, after.graphs, target);
  if (pairs.length === 0) throw new JobstrataError("source", "there is no job to compare");
  const known = new Set<string>();
  const diffs = pairs.flatMap(({ old, now }) => {
    const graphs = [old, now].flatMap((graph) => graph ?? []);
    const names = new Set(
      graphs.flatMap((graph) => graph.jobs.flatMap(({ key, id }) => [key, id])),
    );
    const here = jobs.filter((name) => names.has(name));
    for (const name of here) known.add(name);
    // A job need not exist in every environment.
    if (jobs.length > 0 && here.length === 0) return [];
    const diff = diffHierarchies(old, now, { ...options, jobs: here });
    return diff instanceof UnknownJobs ? [] : [diff];
  });
  const unknown = jobs.find((name) => !known.has(name));
  if (unknown === undefined) return diffs;
  const keys = pairs.flatMap(({ old, now }) => [old, now].flatMap((graph) => graph?.jobs ?? []));
  const names = new Set(keys.map(({ key }) => key));
  throw new JobstrataError(
    "source",
    `there is no job ${quoteWithSuggestion(unknown, names)}, neither before nor after`,
  );
}

function draw(
  diffs: readonly HierarchyDiff[],
  format: DiffFormat,
  { since, from, after }: Compared,
  { level, orientation, output }: GraphOptions,
  io: Io,
): string {
  if (level === "tables")
    throw new JobstrataError("config", "--level tables cannot be combined with --diff");
  switch (format) {
    case "text":
      return diffText(diffs, { since, style: output === undefined ? styleFor() : PLAIN });
    case "mermaid":
      return mermaid(diffs, { level, orientation }, io);
    case "markdown":
      return diffMarkdown(diffs, { since, level, orientation });
    case "json":
      return diffJson(diffs, { from, to: { kind: after.kind, path: after.path } });
  }
}

/** A drawing shows one environment. */
function mermaid(
  diffs: readonly HierarchyDiff[],
  options: Pick<GraphOptions, "orientation"> & { readonly level: "jobs" | "tasks" },
  io: Io,
): string {
  const diff = mostChanged(diffs);
  if (diff === undefined) return "";
  const others = diffs.filter((other) => other !== diff && other.jobs.length > 0);
  if (diff.jobs.length === 0) io.err("No changes.");
  else if (others.length > 0) {
    const names = others.map(({ environment }) => quote(environment)).join(", ");
    io.err(`Drawing ${quote(diff.environment)}; -t chooses another: ${names}`);
  }
  const { text, jobs, leftOut } = diffMermaid(diff, options);
  if (leftOut > 0) {
    io.err(
      `${leftOut} of ${jobs} jobs are left out: GitHub draws no more than 500 arrows and 50,000 characters.`,
    );
  }
  return text;
}
