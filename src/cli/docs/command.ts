import type { Command } from "commander";
import { JobstrataError, quoteWithSuggestion } from "@jobstrata/core/errors";
import { quote } from "@jobstrata/core/model";
import { counted } from "@jobstrata/core/report";
import { INDEX_PAGE, jobPages, PAGE_MARK, pageNames } from "@jobstrata/core/render";
import { addStateOptions, findStates } from "../changed/options";
import type { StateOptions } from "../changed/selectors";
import { findingsOf } from "../check/findings";
import { chosen, sayProblems } from "../sources/graphs";
import type { Io } from "../io";
import { writePages } from "./page-folder";
import { addSourceOptions, readSources, type SourcesOptions } from "../sources/options";

/** Options of `jobstrata docs`. */
interface DocsOptions extends SourcesOptions, StateOptions {
  readonly target?: string;
  readonly output: string;
}

/** Adds `jobstrata docs`. */
export function addDocsCommand(program: Command, io: Io): void {
  addStateOptions(addSourceOptions(program.command("docs")))
    .description("write a Markdown page for each job, and an index")
    .argument("[path]", "a source that check reads (default: this folder)")
    .requiredOption(
      "-o, --output <folder>",
      "output folder; files that docs did not write are not touched",
    )
    .option("-t, --target <name>", "target or environment; the first, if there are several")
    .action(async (path: string | undefined, options: DocsOptions) => {
      io.exitCode = await runDocs(path, options, io);
    });
}

/**
 * Writes the pages of one environment.
 *
 * @throws {JobstrataError} `source` if there are no jobs, `config` if a page's name is taken by another file in the folder
 */
async function runDocs(
  path: string | undefined,
  { target, output, select, state, ...sources }: DocsOptions,
  io: Io,
): Promise<number> {
  // All environments are read: a page lists those that contain its job.
  const readings = await readSources(path === undefined ? [] : [path], sources, [], io);
  if (!sayProblems(readings, io)) {
    io.err("No page is written because the source could not be read completely.");
    return 2;
  }
  const graphs = readings.flatMap((reading) => reading.graphs);
  const names = [...new Set(graphs.map(({ environment }) => environment))];
  if (target !== undefined && !names.includes(target)) {
    throw new JobstrataError(
      "source",
      `there is no environment ${quoteWithSuggestion(target, names)}; there is ${names.map(quote).join(", ") || "none"}`,
    );
  }
  const graph = chosen(readings, target, io);
  const environments = new Map<string, Set<string>>();
  for (const { environment, jobs } of graphs) {
    for (const { key } of jobs) {
      const before = environments.get(key);
      if (before === undefined) environments.set(key, new Set([environment]));
      else before.add(environment);
    }
  }
  const pages = jobPages(graph, {
    findings: findingsOf(readings, graph.environment),
    environmentsOf: (key) => [...(environments.get(key) ?? [])],
  });
  const { source, python } = sources;
  const compared = {
    readings,
    target: [graph.environment],
    path,
    ...(source && { source }),
    ...(python !== undefined && { python }),
  };
  const states = await findStates({ select, state }, compared, io);
  if (typeof states === "number") return states;
  const fileNames = pageNames(graph.jobs);
  const only =
    states &&
    new Set([
      INDEX_PAGE,
      ...states.chosen(graph, select ?? []).flatMap(({ id }) => fileNames.get(id) ?? []),
    ]);
  const { written, unchanged, removed } = writePages(output, pages, PAGE_MARK, only);
  io.err(
    `${counted(only?.size ?? pages.size, "page")} in ${quote(output)}: ${written} written, ${unchanged} unchanged, ${removed} removed`,
  );
  return 0;
}
