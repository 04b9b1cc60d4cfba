import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Blocks of one kind by name. */
export type Blocks = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** The parts of a synthesized stack's `cdk.tf.json` that import and export read. */
export interface StackConfig {
  readonly "//"?: { readonly jobstrata?: { readonly environment?: string } };
  readonly variable?: Blocks;
  readonly resource?: Readonly<Record<string, Blocks>>;
  readonly data?: Readonly<Record<string, Blocks>>;
}

/** Reads the configurations of synthesized stacks, by stack name. */
export function readStackConfigs(outdir: string): ReadonlyMap<string, StackConfig> {
  const read = (file: string): unknown => JSON.parse(readFileSync(join(outdir, file), "utf8"));
  const { stacks } = read("manifest.json") as {
    readonly stacks: Readonly<Record<string, { synthesizedStackPath: string; name: string }>>;
  };
  return new Map(
    Object.values(stacks).map(({ name, synthesizedStackPath }) => [
      name,
      read(synthesizedStackPath) as StackConfig,
    ]),
  );
}

/** The reference to an external job's data source in an expression; undefined if there is none. */
export const lookedUpIn = (expression: string): string | undefined =>
  /data\.databricks_job\.([\w-]+)\.id/.exec(expression)?.[1];
