import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import type { JobGraph } from "@jobstrata/core/model";
import { readBundle } from "@jobstrata/core/readers";
import { tempFolder } from "../../support/temp-folder";

export type Json = Record<string, unknown>;

/** Writes files below a temporary folder. */
export function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = tempFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** A notebook that reads these widgets, with more code below. */
export const notebookText = (reads: readonly string[] = [], code = ""): string =>
  [
    "# Databricks notebook source",
    ...reads.map((name) => `dbutils.widgets.get("${name}")`),
    code,
    "",
  ].join("\n");

/** A bundle of some jobs, with notebooks in its folder. */
export function bundleFolder(
  jobs: Readonly<Record<string, Json>>,
  notebooks: Readonly<Record<string, string>> = {},
  more: Json = {},
): string {
  const files = Object.entries(notebooks).map(([name, text]) => [`src/${name}.py`, text]);
  return folderOf({
    ...(Object.fromEntries(files) as Record<string, string>),
    "databricks.yml": stringify({ bundle: { name: "shop" }, ...more, resources: { jobs } }),
  });
}

/** The graph of its first target. */
export function graphOf(folder: string): JobGraph {
  const [graph] = readBundle(join(folder, "databricks.yml")).graphs;
  if (graph === undefined) throw new Error("the bundle has no target");
  return graph;
}

/** A task with the notebook of its name, on serverless compute. */
export const task = (key: string, more: Json = {}, notebook = key): Json => ({
  task_key: key,
  environment_key: "default",
  notebook_task: { notebook_path: `src/${notebook}.py` },
  ...more,
});

/** A task with a notebook that gets parameters. */
export const withParameters = (key: string, parameters: Json, more: Json = {}): Json =>
  task(key, {
    notebook_task: { notebook_path: `src/${key}.py`, base_parameters: parameters },
    ...more,
  });

export const after = (...keys: readonly string[]): Json => ({
  depends_on: keys.map((task_key) => ({ task_key })),
});

/** A job with an environment for its tasks. */
export const job = (name: string, tasks: readonly Json[], more: Json = {}): Json => ({
  name,
  ...more,
  environments: [{ environment_key: "default", spec: { environment_version: "4" } }],
  tasks,
});

export const runJob = (key: string, target: string, more: Json = {}): Json => ({
  task_key: key,
  run_job_task: { job_id: `\${resources.jobs.${target}.id}` },
  ...more,
});
