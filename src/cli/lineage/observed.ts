import { readFileSync, statSync } from "node:fs";
import { JobstrataError } from "@jobstrata/core/errors";
import { quote, systemReason } from "@jobstrata/core/model";
import { type ObservedLineage, type Reading, readObservedLineage } from "@jobstrata/core/readers";
import type { Io } from "../io";
import { withLocalPackage } from "../local/package";

/** Maximum size of an export; bytes. */
const MAX_SIZE = 300 * 2 ** 20;

/** The option that merges observed lineage with the lineage from code. */
export const LINEAGE_OPTION = [
  "--lineage <file>",
  "merge observed lineage: an export of system.access.table_lineage or of local lineage (CSV or JSON), or local",
] as const;

/**
 * Adds observed lineage to jobs.
 *
 * @param source a file, or `local` for the local workspace; undefined for none
 * @throws {JobstrataError} `source` if it cannot be read
 */
export function withObservedLineage(
  readings: readonly Reading[],
  source: string | undefined,
  data: string | undefined,
  io: Io,
): Reading[] {
  if (source === undefined) return [...readings];
  const { observed, withoutJob } = source === "local" ? localLineage(data) : fileLineage(source);
  if (withoutJob > 0)
    io.err(
      `${withoutJob} rows of ${quote(source)} name no job and are left out; join system.lakeflow.jobs for a column job_name.`,
    );
  return readings.map((reading) => ({
    ...reading,
    graphs: reading.graphs.map((graph) => graph.withObserved(observed)),
  }));
}

function fileLineage(file: string): ObservedLineage {
  let text: string;
  try {
    if (statSync(file).size > MAX_SIZE)
      throw new JobstrataError("source", `${quote(file)} is bigger than 300 MiB`);
    text = readFileSync(file, "utf8");
  } catch (error) {
    const reason = systemReason(error);
    if (reason === undefined) throw error;
    throw new JobstrataError("source", `${quote(file)} cannot be read: ${reason}`);
  }
  const lineage = readObservedLineage(text);
  if (lineage !== undefined) return lineage;
  throw new JobstrataError(
    "source",
    `${quote(file)} is neither CSV nor JSON with the columns of system.access.table_lineage, such as source_table_full_name`,
  );
}

/** Loads the local workspace on demand. */
function localLineage(data: string | undefined): ObservedLineage {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const load = () => require("./local") as typeof import("./local");
  const rows = withLocalPackage(load).readLocalLineage({ ...(data !== undefined && { data }) });
  return readObservedLineage(JSON.stringify(rows)) ?? { observed: [], withoutJob: 0 };
}
