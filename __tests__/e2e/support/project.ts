import { mkdirSync, readdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { NODE_TS, ROOT } from "./processes";

/** A notebook as Databricks exports it. */
export const NOTEBOOK = "# Databricks notebook source\nprint(1)\n";

/**
 * Makes the project of a user: an app of the given TypeScript, with the packages of this checkout.
 */
export function makeProject(parent: string, name: string, app: string): string {
  const folder = join(realpathSync(parent), name);
  mkdirSync(folder);
  writeFileSync(join(folder, "main.ts"), app);
  writeFileSync(join(folder, "package.json"), "{}\n");
  const cdktf = {
    language: "typescript",
    app: `${NODE_TS.map((part) => `'${part}'`).join(" ")} main.ts`,
    projectId: name,
    sendCrashReports: "false",
  };
  writeFileSync(join(folder, "cdktf.json"), JSON.stringify(cdktf));
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  return folder;
}

/** Every file below a folder but for what is in `except`, sorted. */
export function filesOf(folder: string, except: readonly string[] = []): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !except.includes(name))
    .flatMap((entry) =>
      entry.isDirectory()
        ? filesOf(join(folder, entry.name)).map((path) => join(entry.name, path))
        : [entry.name],
    )
    .sort();
}

/** Two jobs of one notebook each, and a job that runs both. */
export const ALERTING = `
import { App, AtomicJob, CompositeJob, JobEnvironment, JobLayer, NotebookSource } from "@jobstrata/cdktf";
const app = new App();
const environment = new JobEnvironment({ name: "dev", mode: "development" });
const { atomic, composite } = new JobLayer(app, "alerting", { environment });
const tables = new AtomicJob(atomic, "tables_job", { purpose: "setup", notebook: NotebookSource.fromFile("tables.py") });
const seed = new AtomicJob(atomic, "seed_job", { purpose: "seed", notebook: NotebookSource.fromFile("seed.py") });
const setup = new CompositeJob(composite, "setup_job", { purpose: "setup" });
setup.addRunJobTask("seed", seed, { dependsOn: setup.addRunJobTask("tables", tables) });
app.synth();
`;

/** Two jobs of the same notebook. */
export const VIOLATION = ALERTING.replace('fromFile("seed.py")', 'fromFile("tables.py")');
