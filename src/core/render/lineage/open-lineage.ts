import type { LineageDocument, LineageEdge } from "./lineage-document";

const PRODUCER = "https://github.com/jobstrata/jobstrata";
const SCHEMA = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/JobEvent";
const JOB_TYPE =
  "https://openlineage.io/spec/facets/2-0-3/JobTypeJobFacet.json#/$defs/JobTypeJobFacet";

/** An OpenLineage dataset. */
export interface OpenLineageDataset {
  readonly namespace: string;
  readonly name: string;
}

/** An OpenLineage job event: inputs and outputs of a job, without a run. */
export interface OpenLineageJobEvent {
  readonly eventTime: string;
  readonly producer: string;
  readonly schemaURL: string;
  readonly job: {
    readonly namespace: string;
    readonly name: string;
    readonly facets: Readonly<Record<string, object>>;
  };
  readonly inputs: readonly OpenLineageDataset[];
  readonly outputs: readonly OpenLineageDataset[];
}

/** Options of {@link openLineageEvents}. */
export interface OpenLineageOptions {
  /** Namespace of jobs, tables and volumes, which identifies the workspace. */
  readonly namespace: string;
  /** ISO 8601, with a time zone. */
  readonly time: string;
}

/** An event for each task that reads or writes tables. */
export function openLineageEvents(
  { edges }: LineageDocument,
  { namespace, time }: OpenLineageOptions,
): OpenLineageJobEvent[] {
  const tasks = new Map<string, LineageEdge[]>();
  for (const edge of edges) {
    const name = `${edge.job}.${edge.task}`;
    const before = tasks.get(name);
    if (before === undefined) tasks.set(name, [edge]);
    else before.push(edge);
  }
  return Array.from(tasks, ([name, own]) => ({
    eventTime: time,
    producer: PRODUCER,
    schemaURL: SCHEMA,
    job: {
      namespace,
      name,
      facets: {
        jobType: {
          _producer: PRODUCER,
          _schemaURL: JOB_TYPE,
          processingType: "BATCH",
          integration: "DATABRICKS",
          jobType: "TASK",
        },
      },
    },
    inputs: datasets(own, "read", namespace),
    outputs: datasets(own, "write", namespace),
  }));
}

function datasets(
  edges: readonly LineageEdge[],
  mode: LineageEdge["mode"],
  namespace: string,
): OpenLineageDataset[] {
  const names = new Set(
    edges.filter((edge) => edge.mode === mode && edge.write !== "drop").map(({ table }) => table),
  );
  return [...names].map((name) => dataset(name, namespace));
}

/** A dataset. As OpenLineage requires, the namespace of a cloud path is its storage. */
function dataset(name: string, namespace: string): OpenLineageDataset {
  const [, storage, path = ""] = /^([a-z][a-z0-9+.-]*:\/\/[^/]+)(\/.*)?$/i.exec(name) ?? [];
  return storage === undefined
    ? { namespace, name }
    : { namespace: storage, name: path === "" ? "/" : path.slice(1) };
}
