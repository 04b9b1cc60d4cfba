import { normalize } from "node:path";

/** The arguments of a resource, data source or nested block. */
export type Block = Readonly<Record<string, unknown>>;

/** The supported parts of Terraform's JSON configuration. */
export interface TerraformConfig {
  readonly resource?: unknown;
  readonly data?: unknown;
  readonly output?: Readonly<Record<string, { readonly value?: unknown }>>;
}

/** A pattern for a whole expression that is only the reference, optionally in a type conversion. */
function wholly(reference: string): RegExp {
  return new RegExp(`^\\s*\\$\\{\\s*(?:to(?:number|string)\\(\\s*)*${reference}[\\s)]*\\}\\s*$`);
}
/** A reference to the id of a job resource; its name is the first group. */
export const JOB_REFERENCE = wholly(
  "databricks_job\\.([\\w-]+)(?:\\[[^\\]?]*\\])?\\.(?:id|job_id)",
);
/** A reference to an output of another state. Groups: the data source and the output's name, bare or quoted. */
export const STATE_REFERENCE = wholly(
  'data\\.terraform_remote_state\\.([\\w-]+)\\.outputs(?:\\.([\\w-]+)|\\["([^"]+)"\\])',
);
/** A lookup of a job, in any functions except a conditional, which could choose between a job and a number. */
export const LOOKUP = /^\s*\$\{[^?]*(?<![\w.])data\.databricks_jobs?\.[^?]*\}\s*$/;

/** Entries of databricks_permissions in the stack, by job resource name. */
export function permissionsOf(config: TerraformConfig): Map<string, readonly Block[]> {
  const found = new Map<string, readonly Block[]>();
  for (const [, block] of blocksOf(config.resource, "databricks_permissions")) {
    const key = JOB_REFERENCE.exec(String(block.job_id))?.[1];
    if (key === undefined) continue;
    found.set(key, [...(found.get(key) ?? []), ...objects(block.access_control)]);
  }
  return found;
}

/** Named blocks of a type. In Terraform's JSON, every level may be a list of objects. */
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
