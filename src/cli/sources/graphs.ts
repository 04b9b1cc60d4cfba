import { JobstrataError } from "@jobstrata/core/errors";
import { type JobGraph, formatLocation, printable, quote } from "@jobstrata/core/model";
import type { Reading, ReadProblem } from "@jobstrata/core/readers";
import type { Io } from "../io";

/** What could not be read. Problems that rules cover are findings, which are shown at their jobs. */
export function problemsOf(readings: readonly Reading[]): ReadProblem[] {
  return readings.flatMap((reading) => reading.problems).filter(({ rule }) => rule === undefined);
}

/** Reports problems of a reading. @returns whether the drawing is complete */
export function sayProblems(readings: readonly Reading[], io: Io): boolean {
  const problems = problemsOf(readings);
  for (const { severity, message, fix, location } of problems) {
    const where = location === undefined ? "" : `${printable(formatLocation(location))}: `;
    io.err(`${severity}: ${where}${printable(message)}; ${printable(fix)}`);
  }
  return problems.every(({ severity }) => severity !== "error");
}

/**
 * The environments that have jobs, or the requested one. Never empty.
 *
 * @throws {JobstrataError} `source` if there are none
 */
export function withJobs(
  readings: readonly Reading[],
  target: string | undefined,
): [JobGraph, ...JobGraph[]] {
  const [graph, ...others] = readings
    .flatMap((reading) => reading.graphs)
    .filter(({ environment, jobs }) => jobs.length > 0 && environment === (target ?? environment));
  if (graph === undefined) throw new JobstrataError("source", "there is no job to draw");
  return [graph, ...others];
}

/**
 * The jobs of the requested environment, else of the first that has any.
 *
 * @throws {JobstrataError} `source` if there are none
 */
export function chosen(readings: readonly Reading[], target: string | undefined, io: Io): JobGraph {
  const [graph, ...others] = withJobs(readings, target);
  if (target === undefined && others.length > 0) {
    const names = others.map(({ environment }) => quote(environment)).join(", ");
    io.err(`Drawing ${quote(graph.environment)}; -t chooses another: ${names}`);
  }
  return graph;
}
