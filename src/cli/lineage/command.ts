import { existsSync } from "node:fs";
import { type Command, InvalidArgumentError, Option } from "commander";
import { JobstrataError, quoteWithSuggestion } from "@jobstrata/core/errors";
import { type JobGraph, quote } from "@jobstrata/core/model";
import {
  lineageDocument,
  type LineageDocument,
  lineageDot,
  lineageHtml,
  lineageMermaid,
  lineageSvg,
  lineageText,
  openLineageEvents,
  tableLineageText,
  tableNames,
} from "@jobstrata/core/render";
import { formatByName, writeDrawing } from "../graph/drawing-file";
import type { Io } from "../io";
import { analyseAhead } from "@jobstrata/core/readers";
import { chosen, sayProblems } from "../sources/graphs";
import { addSourceOptions, readSources, type SourcesOptions } from "../sources/options";
import { LINEAGE_OPTION, withObservedLineage } from "./observed";

const FORMATS = ["text", "json", "mermaid", "dot", "svg", "html", "openlineage"] as const;
type Format = (typeof FORMATS)[number];

/** Options of `jobstrata lineage`. */
export interface LineageOptions extends SourcesOptions {
  readonly target?: string;
  readonly format?: Format;
  readonly direction: "up" | "down" | "both";
  readonly depth?: number;
  readonly namespace?: string;
  readonly output?: string;
  readonly lineage?: string;
}

/** Adds `jobstrata lineage`. */
export function addLineageCommand(program: Command, io: Io): void {
  addSourceOptions(program.command("lineage"))
    .description("show which jobs read and write a table, upstream and downstream")
    .argument("[table]", "name of the table (default: all tables of all jobs)")
    .argument("[path]", "what check reads (default: this folder)")
    .option("-t, --target <name>", "target or environment; the first, if there are several")
    .addOption(new Option("--format <format>", "output format (default: text)").choices(FORMATS))
    .addOption(
      new Option("--direction <direction>", "what leads to the table, what comes from it, or both")
        .choices(["up", "down", "both"])
        .default("both"),
    )
    .option("--depth <steps>", "maximum steps between tables (default: unlimited)", parseDepth)
    .option(
      "--namespace <name>",
      "namespace namespace namespace of jobs and tables in openlineage (default: databricks://ENVIRONMENT)",
    )
    .option(...LINEAGE_OPTION)
    .option("--output <file>", "write to a file")
    .action(
      async (table: string | undefined, path: string | undefined, options: LineageOptions) => {
        io.exitCode = await runLineage(table, path, options, io);
      },
    );
}

function parseDepth(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text))
    throw new InvalidArgumentError("It must be a whole number above 0.");
  return Number(text);
}

/** Shows the lineage of one environment. @throws {JobstrataError} `source` if there is nothing to show */
async function runLineage(
  first: string | undefined,
  second: string | undefined,
  options: LineageOptions,
  io: Io,
): Promise<number> {
  // A single argument can be a path: no table is named like one.
  const isPath = second === undefined && first !== undefined && existsSync(first);
  const table = isPath ? undefined : first;
  const path = isPath ? first : second;
  const targets = options.target === undefined ? [] : [options.target];
  const readings = await readSources(path === undefined ? [] : [path], options, targets, io);
  await analyseAhead(readings.flatMap(({ graphs }) => graphs));
  const isComplete = sayProblems(readings, io);
  const joined = withObservedLineage(readings, options.lineage, options.data, io);
  const graph = chosen(joined, options.target, io);
  const { direction, depth, output } = options;
  const document = lineageDocument(graph, {
    ...(table !== undefined && { table }),
    ...(depth !== undefined && { depth }),
    direction,
  });
  if (table !== undefined && document.edges.length === 0) throw unknownTable(graph, table);
  const format =
    options.format ??
    formatByName<Format>(output, {
      mmd: "mermaid",
      mermaid: "mermaid",
      json: "json",
      dot: "dot",
      gv: "dot",
      svg: "svg",
      html: "html",
    }) ??
    "text";
  const text = written(document, format, table, options, io);
  if (output === undefined) io.out(text.trimEnd());
  else writeDrawing(output, text);
  return isComplete ? 0 : 2;
}

function written(
  document: LineageDocument,
  format: Format,
  table: string | undefined,
  { namespace }: LineageOptions,
  io: Io,
): string {
  switch (format) {
    case "text":
      return table === undefined ? lineageText(document) : tableLineageText(document, table);
    case "json":
      return JSON.stringify(document, undefined, 2);
    case "mermaid":
      return drawnMermaid(document, "LR", io);
    case "dot":
      return lineageDot(document);
    case "svg":
      return lineageSvg(document);
    case "html":
      return lineageHtml(document);
    case "openlineage":
      return JSON.stringify(
        openLineageEvents(document, {
          namespace: namespace ?? `databricks://${document.environment}`,
          time: new Date().toISOString(),
        }),
        undefined,
        2,
      );
  }
}

/** Draws in Mermaid; reports what does not fit. */
export function drawnMermaid(document: LineageDocument, orientation: "LR" | "TB", io: Io): string {
  const { text, leftOut } = lineageMermaid(document, orientation);
  if (leftOut > 0)
    io.err(
      `${leftOut} jobs are left out: GitHub draws no more than 500 arrows and 50,000 characters. Name a table, or use --depth or --format json.`,
    );
  return text;
}

function unknownTable(graph: JobGraph, table: string): JobstrataError {
  const names = tableNames(graph);
  return new JobstrataError(
    "source",
    `no job of ${quote(graph.environment)} reads or writes ${quoteWithSuggestion(table, names)}; jobstrata lineage lists ${names.length} tables`,
  );
}
