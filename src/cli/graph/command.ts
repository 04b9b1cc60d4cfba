import { existsSync } from "node:fs";
import { type Command, InvalidArgumentError, Option } from "commander";
import { JobstrataError, quoteWithSuggestion } from "@jobstrata/core/errors";
import { type JobGraph, quote } from "@jobstrata/core/model";
import {
  hierarchyDocument,
  hierarchyJson,
  hierarchyDot,
  type Hierarchy,
  hierarchyOf,
  UnknownJobs,
  hierarchyMermaid,
  hierarchyTree,
} from "@jobstrata/core/render";
import { PLAIN } from "@jobstrata/core/report";
import type { Reading } from "@jobstrata/core/readers";
import { formatByName, writeDrawing } from "./drawing-file";
import { drawTables } from "./tables";
import { addStateOptions, findStates } from "../changed/options";
import { DIFF_FORMATS, GRAPH_FORMATS, type GraphFormat, type GraphOptions } from "./options";
import { inEnvironment, judge } from "../check/findings";
import { chosen, sayProblems, withJobs } from "../sources/graphs";
import type { Io } from "../io";
import { LINEAGE_OPTION, withObservedLineage } from "../lineage/observed";
import { addSourceOptions, readSources } from "../sources/options";
import { styleFor } from "../terminal";

/** A file's default format. */
const BY_EXTENSION: Readonly<Record<string, GraphFormat>> = {
  mmd: "mermaid",
  mermaid: "mermaid",
  dot: "dot",
  gv: "dot",
  html: "html",
  htm: "html",
  json: "json",
  svg: "svg",
  txt: "tree",
};

/** Adds `jobstrata graph`. */
export function addGraphCommand(program: Command, io: Io): void {
  addStateOptions(addSourceOptions(program.command("graph")))
    .description("draw which jobs run which, with policy findings")
    .argument("[what...]", "a source that check reads (default: this folder), then job keys")
    .option(
      "-t, --target <name>",
      "target or environment; if there are several, the first, or in html all",
    )
    .addOption(
      new Option(
        "--format <format>",
        "output format; default: by the extension of --output, else tree",
      ).choices([...GRAPH_FORMATS, ...DIFF_FORMATS]),
    )
    .addOption(
      new Option("--level <level>", "jobs alone, their tasks too, or jobs and tables")
        .choices(["jobs", "tasks", "tables"])
        .default("jobs"),
    )
    .option("--depth <steps>", "maximum steps from the given jobs, or from the top", parseDepth)
    .addOption(
      new Option(
        "--direction <direction>",
        "jobs that the given jobs run, jobs that run them, or both",
      )
        .choices(["down", "up", "both"])
        .default("down"),
    )
    .addOption(
      new Option(
        "--orientation <orientation>",
        "layout of mermaid and dot: left to right or top to bottom",
      )
        .choices(["LR", "TB"])
        .default("LR"),
    )
    .option(...LINEAGE_OPTION)
    .option("--output <file>", "write to a file")
    .option(
      "--diff [base]",
      "show changes since another path, a git revision, or the prior state of a plan (text, mermaid, markdown, json)",
    )
    .action(async (what: readonly string[], options: GraphOptions) => {
      io.exitCode = await (options.diff === undefined ? runGraph : diffCommand())(
        what,
        options,
        io,
      );
    });
}

/** Loaded only when it is needed. */
function diffCommand(): typeof runGraph {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return (require("./diff") as typeof import("./diff")).runGraphDiff;
}

function parseDepth(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}

/** Draws one environment, or all of them in HTML. @throws {JobstrataError} `source`, `config` if there is nothing to draw */
export async function runGraph(
  what: readonly string[],
  options: GraphOptions,
  io: Io,
): Promise<number> {
  const format = options.format ?? formatByName(options.output, BY_EXTENSION) ?? "tree";
  if (format === "text" || format === "markdown")
    throw new JobstrataError("config", `--format ${format} shows what changes: add --diff`);
  const { path, jobs } = argumentsOf(what);
  const readings = await readGraphs(path, jobs, options, io);
  const isComplete = sayProblems(readings, io);
  rejectConflicts(options, jobs);
  const { level } = options;
  const drawn =
    level === "tables"
      ? tablesOf(readings, jobs, format, options, io)
      : await drawJobs(readings, { path, jobs, format, level }, options, io);
  if (typeof drawn === "number") return drawn;
  if (drawn !== undefined) {
    if (options.output === undefined) io.out(drawn.trimEnd());
    else writeDrawing(options.output, drawn);
  }
  return isComplete ? 0 : 2;
}

/** @throws {JobstrataError} `config` for options that cannot be combined */
function rejectConflicts({ select, level }: GraphOptions, jobs: readonly string[]): void {
  if (select === undefined) return;
  const other =
    jobs.length > 0 ? "keys of jobs" : level === "tables" ? "--level tables" : undefined;
  if (other !== undefined)
    throw new JobstrataError("config", `--select cannot be combined with ${other}`);
}

function tablesOf(
  readings: readonly Reading[],
  jobs: readonly string[],
  format: GraphFormat,
  options: GraphOptions,
  io: Io,
): string {
  const joined = withObservedLineage(readings, options.lineage, options.data, io);
  return drawTables(chosen(joined, options.target, io), jobs, format, options, io);
}

/** The drawing; undefined if nothing is selected; the exit code after Ctrl-C. */
async function drawJobs(
  readings: readonly Reading[],
  wanted: {
    readonly path: string | undefined;
    readonly jobs: readonly string[];
    readonly format: GraphFormat;
    readonly level: "jobs" | "tasks";
  },
  options: GraphOptions,
  io: Io,
): Promise<string | number | undefined> {
  const { path, jobs, format, level } = wanted;
  const { orientation, output, source, python, select = [] } = options;
  // A page can show every environment; other formats show one.
  const graphs =
    format === "html" ? withJobs(readings, options.target) : [chosen(readings, options.target, io)];
  const compared = {
    readings,
    target: graphs.map(({ environment }) => environment),
    path,
    ...(source && { source }),
    ...(python !== undefined && { python }),
  };
  const states = await findStates(options, compared, io);
  if (typeof states === "number") return states;
  const selected = states?.among(graphs, select);
  if (states !== undefined && selected?.size === 0) {
    io.err(`Nothing to draw: ${states.describe(select, 0)}`);
    return undefined;
  }
  const hierarchies = hierarchiesOf(readings, graphs, jobs, selected, options);
  const [hierarchy] = hierarchies;
  return format === "html"
    ? html().hierarchyHtml({ documents: hierarchies.map(hierarchyDocument), level })
    : draw(hierarchy, format, { level, orientation, isFile: output !== undefined }, io);
}

/** One hierarchy or more. @throws {JobstrataError} `source` if no graph has the jobs */
function hierarchiesOf(
  readings: readonly Reading[],
  graphs: readonly JobGraph[],
  jobs: readonly string[],
  selected: ReadonlyMap<JobGraph, readonly string[]> | undefined,
  { direction, depth }: GraphOptions,
): readonly [Hierarchy, ...Hierarchy[]] {
  const findings = judge(readings);
  const drawn = [...(selected?.keys() ?? graphs)].map((graph) =>
    hierarchyOf(graph, {
      jobs: selected?.get(graph) ?? jobs,
      direction,
      // A selection is drawn alone.
      ...(depth === undefined ? selected && { depth: 0 } : { depth }),
      findings: inEnvironment(findings, graph.environment),
    }),
  );
  const [first, ...others] = drawn.flatMap((each) => (each instanceof UnknownJobs ? [] : [each]));
  if (first === undefined) throw unknownJob(graphs, drawn);
  return [first, ...others];
}

/** Splits the arguments: the first can be a path, others are keys of jobs. */
function argumentsOf(what: readonly string[]): {
  readonly path: string | undefined;
  readonly jobs: readonly string[];
} {
  const [first, ...others] = what;
  const isPath = first !== undefined && (first === "-" || existsSync(first));
  return isPath ? { path: first, jobs: others } : { path: undefined, jobs: what };
}

async function readGraphs(
  path: string | undefined,
  [first]: readonly string[],
  options: GraphOptions,
  io: Io,
): Promise<readonly Reading[]> {
  const targets = options.target === undefined ? [] : [options.target];
  try {
    return await readSources(path === undefined ? [] : [path], options, targets, io);
  } catch (error) {
    if (!(error instanceof JobstrataError) || path !== undefined || first === undefined)
      throw error;
    throw new JobstrataError(
      error.code,
      `${quote(first)} is not a path here, and ${error.message}`,
    );
  }
}

/** Reports requested jobs that no environment has. */
function unknownJob(
  graphs: readonly JobGraph[],
  drawn: readonly (Hierarchy | UnknownJobs)[],
): JobstrataError {
  const [graph] = graphs;
  const [unknown] = drawn;
  const name = unknown instanceof UnknownJobs ? (unknown.names[0] ?? "") : "";
  const keys = [...new Set(graph?.jobs.map(({ key }) => key))];
  return new JobstrataError(
    "source",
    `${quote(graph?.environment ?? "")} has no job ${quoteWithSuggestion(name, keys)}; it has ${keys.slice(0, 20).map(quote).join(", ") || "none"}${keys.length > 20 ? ", …" : ""}`,
  );
}

// Component-based renderers are loaded on demand.
/* eslint-disable @typescript-eslint/no-require-imports */
const html = () => require("@jobstrata/core/render") as typeof import("@jobstrata/core/render");
const svg = () => require("@jobstrata/core/render") as typeof import("@jobstrata/core/render");
/* eslint-enable @typescript-eslint/no-require-imports */

function draw(
  hierarchy: Hierarchy,
  format: Exclude<GraphFormat, "html">,
  {
    isFile,
    ...options
  }: Pick<GraphOptions, "orientation"> & { readonly level: "jobs" | "tasks" } & {
    readonly isFile: boolean;
  },
  io: Io,
): string {
  switch (format) {
    case "tree":
      return hierarchyTree(hierarchy, { ...options, style: isFile ? PLAIN : styleFor() });
    case "mermaid": {
      const { text, leftOut } = hierarchyMermaid(hierarchy, options);
      if (leftOut > 0) {
        io.err(
          `${leftOut} of ${hierarchy.jobs.length} jobs are left out: GitHub draws no more than 500 arrows and 50,000 characters. Name jobs, or use --depth or --format svg.`,
        );
      }
      return text;
    }
    case "dot":
      return hierarchyDot(hierarchy, options);
    case "svg":
      return svg().hierarchySvg(hierarchy, options);
    case "json":
      return hierarchyJson(hierarchy);
  }
}
