/** Measures `jobstrata import` and, back again, `jobstrata export`. Each is a process of its own, from compiled JavaScript. */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeBundle } from "./check";
import { type Cost, costOfCommand, medianCost } from "./figures";

/** Atomic jobs; there is a composite job for every five. */
const ATOMIC_JOBS = 1000;

/** What {@link measureMigration} finds. */
export interface MigrationFigures {
  readonly jobs: number;
  /** A bundle to a project. */
  readonly import: Cost;
  /** The bundle to another one. */
  readonly export: Cost;
}

/**
 * @param work folder that holds the compiled project in `js`
 * @param runs how often each runs; the median counts
 */
export function measureMigration(work: string, runs: number): MigrationFigures {
  const js = join(work, "js");
  const root = join(work, "migration");
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root);
  const bundle = join(root, "bundle");
  writeBundle(bundle, ATOMIC_JOBS);
  const jobs = ATOMIC_JOBS + ATOMIC_JOBS / 5;
  const cost = (command: string): Cost => {
    const costs = Array.from({ length: runs }, (_, at) => {
      const to = join(root, `${command}-${at}`);
      const { output, ...each } = costOfCommand(js, [command, bundle, "-o", to]);
      if (!output.includes(`${jobs} jobs`))
        throw new Error(`${command} wrote other jobs:\n${output}`);
      return each;
    });
    return medianCost(costs);
  };
  return { jobs, import: cost("import"), export: cost("export") };
}
