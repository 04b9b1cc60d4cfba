import { JobstrataError } from "@jobstrata/core/errors";
import { type JobGraph, quote } from "@jobstrata/core/model";
import {
  lineageDocument,
  lineageDot,
  lineageHtml,
  lineageSvg,
  lineageText,
} from "@jobstrata/core/render";
import type { Io } from "../io";
import { drawnMermaid } from "../lineage/command";
import type { GraphFormat, GraphOptions } from "./options";

/** Jobs with the tables that they read and write. @throws {JobstrataError} `source` if a job does not exist */
export function drawTables(
  graph: JobGraph,
  jobs: readonly string[],
  format: GraphFormat,
  { orientation }: Pick<GraphOptions, "orientation">,
  io: Io,
): string {
  const unknown = jobs.find((key) => graph.jobs.every((job) => job.key !== key));
  if (unknown !== undefined)
    throw new JobstrataError("source", `${quote(graph.environment)} has no job ${quote(unknown)}`);
  const document = lineageDocument(graph, { ...(jobs.length > 0 && { jobs }) });
  switch (format) {
    case "tree":
      return lineageText(document);
    case "mermaid":
      return drawnMermaid(document, orientation, io);
    case "dot":
      return lineageDot(document, orientation);
    case "json":
      return JSON.stringify(document, undefined, 2);
    case "svg":
      return lineageSvg(document);
    case "html":
      return lineageHtml(document);
  }
}
