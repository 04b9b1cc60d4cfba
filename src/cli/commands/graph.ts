import { existsSync } from "node:fs";
import { type Command, InvalidArgumentError, Option } from "commander";
import { JobstrataError, quoteWithSuggestion } from "../../errors";
import { quote } from "../../model/text";
import { hierarchyDocument, hierarchyJson } from "../../render/document";
import { hierarchyDot } from "../../render/dot";
import { type Hierarchy, hierarchyOf, UnknownJobs } from "../../render/hierarchy";
import { hierarchyHtml } from "../../render/html";
import { hierarchyMermaid } from "../../render/mermaid";
import { hierarchySvg } from "../../render/svg";
import { hierarchyTree } from "../../render/tree";
import { PLAIN } from "../../report/style";
import { formatByName, writeDrawing } from "../drawing-file";
import { chosen, findingsOf, sayProblems } from "../hierarchies";
import type { Io } from "../io";
import { addSourceOptions, readSources, type SourcesOptions } from "../sources";
import { styleFor } from "../terminal";

const FORMATS = ["tree", "mermaid", "dot", "svg", "html", "json"] as const;
type GraphFormat = (typeof FORMATS)[number];
/** What only changes are written in. */
const DIFF_FORMATS = ["text", "markdown"] as const;
type DiffFormat = (typeof DIFF_FORMATS)[number];
/** The format that a file is written in, if nothing else is asked for. */
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

/** Options of `jobstrata graph`. */
export interface GraphOptions extends SourcesOptions {
  readonly target?: string;
  readonly format?: GraphFormat | DiffFormat;
  readonly level: "jobs" | "tasks";
  readonly depth?: number;
  readonly direction: "down" | "up" | "both";
  readonly orientation: "LR" | "TB";
  readonly output?: string;
  /** What to compare with; true for what came before. */
  readonly diff?: string | true;
}

/** Adds `jobstrata graph`. */
export function addGraphCommand(program: Command, io: Io): void {
  addSourceOptions(program.command("graph"))
    .description("draw which jobs run which, with what the policy finds")
    .argument("[what...]", "path of what check reads (default: this folder), then keys of jobs")
    .option("-t, --target <name>", "target or environment; the first, if there are several")
    .addOption(
      new Option("--format <format>", "what to draw; as --output is called, else tree").choices([
        ...FORMATS,
        ...DIFF_FORMATS,
      ]),
    )
    .addOption(
      new Option("--level <level>", "jobs alone, or their tasks too")
        .choices(["jobs", "tasks"])
        .default("jobs"),
    )
    .option("--depth <steps>", "how far from the jobs named, or from the top", parseDepth)
    .addOption(
      new Option("--direction <direction>", "what the jobs named run, what runs them, or both")
        .choices(["down", "up", "both"])
        .default("down"),
    )
    .addOption(
      new Option(
        "--orientation <orientation>",
        "of mermaid and dot: left to right, or top to bottom",
      )
        .choices(["LR", "TB"])
        .default("LR"),
    )
    .option("--output <file>", "write it to a file")
    .option(
      "--diff [base]",
      "what changes from another path, a revision of git, a plan's own state (as text, mermaid, markdown, json)",
    )
    .action(async (what: readonly string[], options: GraphOptions) => {
      io.exitCode = await (options.diff === undefined ? runGraph : diffCommand())(
        what,
        options,
        io,
      );
    });
}

/** Nothing of it is loaded by those who do not ask for it. */
function diffCommand(): typeof runGraph {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return (require("./graph-diff") as typeof import("./graph-diff")).runGraphDiff;
}

function parseDepth(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}

/** Draws the jobs of one environment. @throws JobstrataError `source`, `config` if there is nothing to draw */
export async function runGraph(
  what: readonly string[],
  options: GraphOptions,
  io: Io,
): Promise<number> {
  const { level, orientation, output, direction, depth } = options;
  const format = options.format ?? formatByName(output, BY_EXTENSION) ?? "tree";
  if (format === "text" || format === "markdown")
    throw new JobstrataError("config", `--format ${format} shows what changes: add --diff`);
  const [first, ...others] = what;
  const hasPath = first !== undefined && (first === "-" || existsSync(first));
  const targets = options.target === undefined ? [] : [options.target];
  const readings = await readSources(hasPath ? [first] : [], options, targets, io).catch(
    (error: unknown) => {
      if (!(error instanceof JobstrataError) || hasPath || first === undefined) throw error;
      throw new JobstrataError(error.code, `${quote(first)} is no path here, and ${error.message}`);
    },
  );
  const isComplete = sayProblems(readings, io);
  const graph = chosen(readings, options.target, io);
  const hierarchy = hierarchyOf(graph, {
    jobs: hasPath ? others : what,
    direction,
    ...(depth !== undefined && { depth }),
    findings: findingsOf(readings, graph.environment),
  });
  if (hierarchy instanceof UnknownJobs) {
    const keys = graph.jobs.map(({ key }) => key);
    const [name = ""] = hierarchy.names;
    throw new JobstrataError(
      "source",
      `${quote(graph.environment)} has no job ${quoteWithSuggestion(name, keys)}; it has ${keys.slice(0, 20).map(quote).join(", ") || "none"}${keys.length > 20 ? ", …" : ""}`,
    );
  }
  const text = draw(hierarchy, format, { level, orientation, isFile: output !== undefined }, io);
  if (output === undefined) io.out(text.trimEnd());
  else writeDrawing(output, text);
  return isComplete ? 0 : 2;
}

function draw(
  hierarchy: Hierarchy,
  format: GraphFormat,
  {
    isFile,
    ...options
  }: Pick<GraphOptions, "level" | "orientation"> & { readonly isFile: boolean },
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
      return hierarchySvg(hierarchy, options);
    case "html":
      return hierarchyHtml([hierarchyDocument(hierarchy)]);
    case "json":
      return hierarchyJson(hierarchy);
  }
}
