import { normalize } from "node:path";

/** The arguments of a resource, data source or nested block. */
export type Block = Readonly<Record<string, unknown>>;

/** The parts of Terraform's JSON configuration that are read here. */
export interface TerraformConfig {
  readonly resource?: unknown;
  readonly data?: unknown;
  readonly output?: Readonly<Record<string, { readonly value?: unknown }>>;
}

/** The whole of an expression, so that nothing else can hide beside the reference; a conversion may be around it. */
function wholly(reference: string): RegExp {
  return new RegExp(`^\\s*\\$\\{\\s*(?:to(?:number|string)\\(\\s*)*${reference}[\\s)]*\\}\\s*$`);
}
/** A reference to the id of a job resource; its name is the first group. */
export const JOB_REFERENCE = wholly(
  "databricks_job\\.([\\w-]+)(?:\\[[^\\]?]*\\])?\\.(?:id|job_id)",
);
/** A reference to an output of another state: the data source, and the name of the output, bare or quoted. */
export const STATE_REFERENCE = wholly(
  'data\\.terraform_remote_state\\.([\\w-]+)\\.outputs(?:\\.([\\w-]+)|\\["([^"]+)"\\])',
);
/** Looking a job up may take any function, but not a choice, which could be between a job and a number. */
export const LOOKUP = /^\s*\$\{[^?]*(?<![\w.])data\.databricks_jobs?\.[^?]*\}\s*$/;

/** What each databricks_permissions of the same stack gives access to, by the name of its job. */
export function permissionsOf(config: TerraformConfig): Map<string, readonly Block[]> {
  const found = new Map<string, readonly Block[]>();
  for (const [, block] of blocksOf(config.resource, "databricks_permissions")) {
    const key = JOB_REFERENCE.exec(String(block.job_id))?.[1];
    if (key === undefined) continue;
    found.set(key, [...(found.get(key) ?? []), ...objects(block.access_control)]);
  }
  return found;
}

/** The blocks of one type with their names. In Terraform's JSON every level may be a list of objects, too. */
export function blocksOf(section: unknown, type: string): [name: string, block: Block][] {
  return objects(section)
    .flatMap((types) => objects(types[type]))
    .flatMap((named) => Object.entries(named))
    .flatMap(([name, value]) => objects(value).map((block): [string, Block] => [name, block]));
}

function objects(value: unknown): Block[] {
  return (Array.isArray(value) ? value : [value]).filter(
    (each): each is Block => typeof each === "object" && each !== null,
  );
}

/** Identifies the state that a terraform_remote_state data source reads. */
export function stateKey({ backend, workspace = "${terraform.workspace}", config }: Block): string {
  const [settings = {}] = objects(config);
  const where = Object.entries(settings)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, name === "path" ? normalize(String(value)) : value]);
  return JSON.stringify([backend, workspace, where.sort()]);
}
