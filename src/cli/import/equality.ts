import { posixRelative } from "@jobstrata/core/paths";
import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { comparable, type ImportSource, type Project } from "../emit";
import { JobstrataError } from "@jobstrata/core/errors";
import { frameworkOf } from "@jobstrata/core/framework";
import { type JobRef, jobOutputName, quote } from "@jobstrata/core/model";
import { readSynthesized } from "@jobstrata/core/readers";
import { lookedUpIn, readStackConfigs, type StackConfig } from "../sources/stack-configs";
import { diffHierarchies, type HierarchyDiff, UnknownJobs } from "@jobstrata/core/render";

/**
 * Compares every job of a source, in every environment, with what its project synthesizes: all settings, with variables resolved.
 *
 * @param outdir output folder of `cdktf synth` in the project
 * @returns the differences, for each environment that differs
 * @throws {JobstrataError} `source` if nothing was synthesized
 */
export function differences(
  source: ImportSource,
  project: Project,
  outdir: string,
  folder: string,
): HierarchyDiff[] {
  if (!existsSync(outdir)) {
    throw new JobstrataError(
      "source",
      `${quote(outdir)} does not exist; synthesize the project first, with npx ${frameworkOf(folder)} synth in its folder`,
    );
  }
  const synthesized = readSynthesized(outdir);
  const stacks = [...readStackConfigs(outdir).values()];
  return source.environments.flatMap(({ name, graph }) => {
    const now = synthesized.graphs.find(({ environment }) => environment === name);
    if (now === undefined) {
      if (graph.jobs.length === 0) return [];
      throw new JobstrataError("source", `${quote(outdir)} has no environment ${quote(name)}`);
    }
    const configs = stacks.filter((config) => config["//"]?.jobstrata?.environment === name);
    const evaluate = evaluator(configs, project, source, folder);
    const keys = new Map(project.jobsIn(name).map(({ key, spec }) => [spec.id, key]));
    const before = comparable(graph, {
      keyOf: ({ id, key }) => keys.get(id) ?? key,
      external: (ref) => externalName(ref),
      notebook: (notebook) => ({ ...notebook, identity: identityOf(notebook.identity) }),
    });
    const after = comparable(now, {
      text: evaluate,
      external: (ref) => externalName(ref, configs, evaluate),
      notebook: (notebook) => ({ ...notebook, identity: identityOf(evaluate(notebook.identity)) }),
    });
    const diff = diffHierarchies(before, after);
    return diff instanceof UnknownJobs || diff.jobs.length === 0 ? [] : [diff];
  });
}

/** Repository URLs are compared in lower case, the variables in them are not. */
const identityOf = (identity: string): string =>
  identity.startsWith("git:") ? identity.toLowerCase() : identity;

/** One name for an external job on both sides. */
function externalName(
  ref: JobRef,
  configs: readonly StackConfig[] = [],
  evaluate: (text: string) => string = (text) => text,
): string {
  if (ref.kind === "literal") return `id ${ref.jobId}`;
  if (ref.kind === "job") return ref.id;
  if (ref.kind === "external" && ref.name !== undefined) return `name ${ref.name}`;
  if ("jobId" in ref) return `id ${ref.jobId}`;
  const lookup = lookedUpIn(ref.expression);
  if (lookup !== undefined) {
    const found = configs.map(({ data }) => data?.databricks_job?.[lookup]?.job_name).find(Boolean);
    return `name ${evaluate(String(found))}`;
  }
  const text = evaluate(ref.expression);
  const id = /^(?:job )?(\d+)$/.exec(text)?.[1];
  return id === undefined ? text : `id ${id}`;
}

const EXPRESSION =
  /\$\$\{|%%\{|\$\{var\.([\w-]+)\}|\$\{databricks_workspace_file\.([\w-]+)\.path\}|\$\{databricks_job\.([\w-]+)\.id\}|\$\{data\.terraform_remote_state\.[\w-]+\.outputs\.([\w-]+)\}/g;

/** Translates texts of an environment's stacks to the source's. */
function evaluator(
  configs: readonly StackConfig[],
  project: Project,
  source: ImportSource,
  folder: string,
): (text: string) => string {
  const variables = Object.assign({}, ...configs.map(({ variable }) => variable ?? {})) as Readonly<
    Record<string, { readonly default?: string | number | boolean }>
  >;
  const files = Object.assign(
    {},
    ...configs.map(({ resource }) => resource?.databricks_workspace_file ?? {}),
  ) as Readonly<Record<string, { readonly path?: string }>>;
  const outputs = new Map(
    project.jobs.map(({ key, was }) => [jobOutputName(key, "id"), was] as const),
  );
  const keys = new Map(project.jobs.map(({ key, was }) => [key, was] as const));
  const evaluate = (text: string): string =>
    text.replace(
      EXPRESSION,
      (whole, variable?: string, file?: string, job?: string, output?: string) => {
        if (whole === "$${" || whole === "%%{") return whole.slice(1);
        if (file !== undefined) return files[file]?.path ?? whole;
        if (job !== undefined) return `\${resources.jobs.${keys.get(job) ?? job}.id}`;
        if (output !== undefined) return `\${resources.jobs.${outputs.get(output) ?? output}.id}`;
        const value = variables[variable ?? ""]?.default;
        if (value !== undefined) return String(value);
        return project.placeholders.get(variable ?? "") ?? whole;
      },
    );
  return (text) => localPath(evaluate(text), source.folder, folder);
}

/** The source path of an uploaded file. */
function localPath(path: string, from: string | undefined, project: string): string {
  const below = /^\/Shared\/jobstrata\/[\w-]+\/(.*)$/.exec(path)?.[1];
  if (below === undefined || from === undefined) return path;
  for (let up = 0; up < 12; up++) {
    const file = resolve(project, "../".repeat(up), below);
    const isThere = statSync(file, { throwIfNoEntry: false }) !== undefined;
    if (isThere) return posixRelative(from, file) || ".";
  }
  return path;
}
