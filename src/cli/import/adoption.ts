import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { ImportedEnvironment, ImportSource, Project } from "../emit";
import { JobstrataError } from "@jobstrata/core/errors";
import { leafTasks, printable, quote } from "@jobstrata/core/model";
import type { Io } from "../io";
import { Changes } from "../project/changes";
import { earlierFiles, MANIFEST, manifestText } from "./project-files";
import { RELEASE_FILES, releaseSteps } from "./release";

const FILE = "jobs/adopted.ts";

/**
 * Rejects sources that no deployment could take over.
 *
 * @throws {JobstrataError} `config` if no job is deployed, or two environments have the same job
 */
export function checkAdoption({ environments }: ImportSource): void {
  const owners = new Map<string, string>();
  for (const { name, ids = new Map<string, string>(), graph } of environments) {
    for (const [id, deployed] of ids) {
      const other = owners.get(deployed);
      if (other !== undefined) {
        const key = graph.job(id)?.key ?? id;
        throw new JobstrataError(
          "config",
          `job ${deployed} is ${quote(key)} in environment ${quote(name)} and belongs to ${quote(other)}, too; two environments cannot manage one job, so import one of them with --target`,
        );
      }
      owners.set(deployed, name);
    }
  }
  if (owners.size > 0) return;
  throw new JobstrataError(
    "config",
    "--adopt found no deployed job: a bundle has its state in .databricks/bundle/<target> after a deployment from this folder, --remote-state reads it from the workspace, --state names a file; a state of Terraform and a workspace have the ids themselves",
  );
}

/** Explains what the first deployment imports, adds and changes, and how to release the jobs from their current tool. */
export function reportAdoption(source: ImportSource, project: Project, io: Io): void {
  io.out("");
  for (const environment of source.environments) {
    const { name, ids = new Map<string, string>(), graph, forgotten = [] } = environment;
    const count = ids.size === 1 ? "1 job" : `${ids.size} jobs`;
    io.out(printable(`${name}: the first deployment imports ${count}`));
    const missing = graph.jobs.filter(({ id }) => !ids.has(id)).map(({ key }) => key);
    if (missing.length > 0) io.out(printable(`  to add: ${listed(missing)}, not deployed yet`));
    if (forgotten.length > 0)
      io.out(printable(`  left alone: ${listed(forgotten)}, deployed but no longer in the source`));
    if (ids.size === 0) continue;
    for (const line of plannedChanges(source, environment, project)) io.out(printable(`  ${line}`));
  }
  io.out("");
  io.out("In this order:");
  for (const line of releaseSteps(source, project)) io.out(printable(line));
}

/** What the first plan changes in an environment's jobs, and why. */
function plannedChanges(
  { kind }: ImportSource,
  {
    name,
    ids = new Map<string, string>(),
    notebooks = new Map<string, string>(),
  }: ImportedEnvironment,
  project: Project,
): string[] {
  const planned = project.jobsIn(name).filter(({ spec }) => ids.has(spec.id));
  const lines: string[] = [];
  const add = (keys: readonly string[], what: string, why: string): void => {
    if (keys.length === 0) return;
    const whose = keys.length === planned.length && keys.length > 1 ? "all jobs" : listed(keys);
    lines.push(`to change: ${what} of ${whose}: ${why}`);
  };
  if (kind === "bundle") {
    const keys = planned.map(({ spec }) => spec.key);
    add(keys, "edit_mode, deployment", "the bundle locks its jobs in the workspace");
    const withFiles = planned.filter(({ spec }) =>
      leafTasks(spec).some(({ notebook }) => notebook?.identity.startsWith("file:") === true),
    );
    add(
      withFiles.map(({ spec }) => spec.key),
      "notebook_path",
      "the project adds the notebooks of this machine to the folder of the environment",
    );
  }
  const kept = new Set(
    planned.flatMap(({ spec }) =>
      leafTasks(spec).flatMap(({ notebook }) => notebooks.get(notebook?.identity ?? "") ?? []),
    ),
  );
  if (kept.size > 0) {
    const many = kept.size === 1 ? "1 notebook" : `${kept.size} notebooks`;
    lines.push(
      `to import: ${many}, where they are; source and md5 change, since the project has copies of the files`,
    );
  }
  for (const [variable, written] of project.placeholders) {
    const users = planned.filter(({ settings }) =>
      JSON.stringify(settings).includes(`\${var.${variable}}`),
    );
    add(
      users.map(({ spec }) => spec.key),
      `what holds ${written}`,
      `unless the variable ${variable} gets the value that it has now`,
    );
  }
  return lines;
}

/** The first few of many names. */
function listed(names: readonly string[]): string {
  const shown = names.slice(0, 10).join(", ");
  return names.length > 10 ? `${shown} and ${names.length - 10} more` : shown;
}

/**
 * Removes the files written for `--adopt` after the first deployment.
 *
 * @returns 0, also if nothing is left to remove
 * @throws {JobstrataError} `config` if the folder is not an imported project
 */
export function removeAdoption(folder: string, io: Io): number {
  const main = join(folder, "main.ts");
  if (!existsSync(main))
    throw new JobstrataError("config", `${quote(folder)} has no main.ts; name the project with -o`);
  const text = readFileSync(main, "utf8");
  const without = text
    .replace(/^import \{ adopt \} from "\.\/jobs\/adopted";\n/m, "")
    .replace(/^adopt\(app\);\n\n?/m, "");
  const written = [FILE, ...RELEASE_FILES].filter((path) => existsSync(join(folder, path)));
  if (without === text && written.length === 0) {
    io.out("Nothing to remove: the project adopts no jobs.");
    return 0;
  }
  const changes = new Changes(folder);
  if (without !== text) changes.edit("main.ts", without, "no longer adopts jobs");
  const files = earlierFiles(folder).filter((path) => !written.includes(path));
  if (existsSync(join(folder, MANIFEST))) changes.edit(MANIFEST, manifestText(files), "its files");
  changes.apply();
  for (const path of written) rmSync(join(folder, path), { force: true });
  const release = join(folder, "release");
  if (existsSync(release) && readdirSync(release).length === 0) rmdirSync(release);
  io.out(`Removed ${written.join(", ")}; the next plan is the same without it.`);
  return 0;
}
