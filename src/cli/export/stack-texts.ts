import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { type ImportedVariable, NotExpressible } from "../emit";
import { type JobGraph, jobOutputName, type JobRef } from "@jobstrata/core/model";
import { readStackMetadata } from "@jobstrata/core/readers";
import {
  type Blocks,
  lookedUpIn,
  readStackConfigs,
  type StackConfig,
} from "../sources/stack-configs";

/** The description that `jobstrata import` gives a variable for a bundle's value. */
const STANDS_FOR = /^What the source has as (.+)$/;
const EXPRESSION = /\$\$\{|%%\{|%\{|\$\{[^}]*\}/g;

/** Translates expressions of synthesized stacks to bundle syntax. */
export class StackTexts {
  readonly #byEnvironment = new Map<string, StackConfig[]>();
  /** The uploaded file of each workspace path. */
  readonly #uploads = new Map<string, string>();
  readonly #keys = new Map<string, string>();

  private constructor(outdir: string, graphs: readonly JobGraph[]) {
    const metadata = readStackMetadata(outdir);
    for (const [name, config] of readStackConfigs(outdir)) {
      const own = metadata.get(name);
      const environment = config["//"]?.jobstrata?.environment ?? own?.environment ?? "default";
      const known = this.#byEnvironment.get(environment) ?? [];
      this.#byEnvironment.set(environment, [...known, config]);
      for (const { path, source } of Object.values(
        config.resource?.databricks_workspace_file ?? {},
      )) {
        const file = own?.assets.get(String(source));
        if (file !== undefined) this.#uploads.set(String(path), file);
      }
    }
    for (const { jobs } of graphs)
      for (const { key } of jobs) this.#keys.set(jobOutputName(key, "id"), key);
  }

  /** @param outdir output folder of `cdktf synth` */
  public static read(outdir: string, graphs: readonly JobGraph[]): StackTexts | undefined {
    return existsSync(join(outdir, "manifest.json"))
      ? new StackTexts(resolve(outdir), graphs)
      : undefined;
  }

  public variablesOf(environment: string): Record<string, ImportedVariable> {
    return Object.fromEntries(
      Object.entries(this.#variables(environment)).flatMap(
        ([name, variable]): [string, ImportedVariable][] => {
          const { default: value, description } = variable;
          const says = typeof description === "string" ? description : undefined;
          if (says !== undefined && STANDS_FOR.test(says)) return [];
          const isPlain = ["string", "number", "boolean"].includes(typeof value);
          return [
            [
              name,
              {
                ...(isPlain && { default: value as string | number | boolean }),
                ...(says !== undefined && { description: says }),
              },
            ],
          ];
        },
      ),
    );
  }

  /** Replaces Terraform expressions in a text by bundle references. @throws {NotExpressible} */
  public text(environment: string, text: string, where: string): string {
    return text.replace(EXPRESSION, (expression) => {
      if (expression === "%%{") return "%{";
      if (expression === "$${") return "${";
      return this.#expression(environment, expression, where);
    });
  }

  #expression(environment: string, expression: string, where: string): string {
    const variable = /^\$\{var\.([\w-]+)\}$/.exec(expression)?.[1];
    if (variable !== undefined) {
      const declared = this.#variables(environment)[variable];
      const says = declared?.description;
      const meant = typeof says === "string" ? STANDS_FOR.exec(says)?.[1] : undefined;
      if (meant === undefined) return expression;
      return /^[\w.[\]-]+$/.test(meant) && !variable.startsWith("file") ? `\${${meant}}` : meant;
    }
    const job = /^\$\{databricks_job\.([\w-]+)\.id\}$/.exec(expression)?.[1];
    if (job !== undefined) return `\${resources.jobs.${job}.id}`;
    const output = /^\$\{data\.terraform_remote_state\.[\w-]+\.outputs\.([\w-]+)\}$/.exec(
      expression,
    )?.[1];
    const key = output === undefined ? undefined : this.#keys.get(output);
    if (key !== undefined) return `\${resources.jobs.${key}.id}`;
    const file = /^\$\{databricks_workspace_file\.([\w-]+)\.path\}$/.exec(expression)?.[1];
    const path =
      file === undefined
        ? undefined
        : this.#resource(environment, "databricks_workspace_file", file)?.path;
    if (typeof path === "string") return path;
    if (expression.startsWith("${sensitive"))
      throw new NotExpressible(where, "is a secret, whose value the source does not contain");
    throw new NotExpressible(where, `holds ${expression}, which only Terraform knows`);
  }

  /** The local file that is uploaded to a workspace path. */
  public uploadedFrom(path: string): string | undefined {
    return this.#uploads.get(path);
  }

  public external(
    environment: string,
    ref: JobRef,
  ): { readonly name: string } | { readonly id: string } | undefined {
    if (ref.kind !== "external") return undefined;
    if (/^\d+$/.test(ref.expression)) return { id: ref.expression };
    const lookup = lookedUpIn(ref.expression);
    if (lookup === undefined) return undefined;
    for (const { data } of this.#byEnvironment.get(environment) ?? []) {
      const name = data?.databricks_job?.[lookup]?.job_name;
      if (typeof name === "string") return { name: this.text(environment, name, "job_name") };
    }
    return undefined;
  }

  #variables(environment: string): Blocks {
    const configs = this.#byEnvironment.get(environment) ?? [];
    return Object.assign({}, ...configs.map(({ variable = {} }) => variable)) as Blocks;
  }

  #resource(
    environment: string,
    type: string,
    name: string,
  ): Readonly<Record<string, unknown>> | undefined {
    return this.#byEnvironment
      .get(environment)
      ?.map(({ resource }) => resource?.[type]?.[name])
      .find((found) => found !== undefined);
  }
}
