import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { ImportSource, Project } from "../emit";
import { JobstrataError } from "@jobstrata/core/errors";
import { printable, quote } from "@jobstrata/core/model";
import type { Io } from "../io";
import { Changes } from "../project/changes";
import { earlierFiles, MANIFEST, manifestText } from "./project-files";

const FILE = "jobs/adopted.ts";

/**
 * Refuses what no deployment could take over.
 *
 * @throws JobstrataError `config` if no job is deployed, or two environments have the same job
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
    "--adopt found no deployed job: a bundle has its state in .databricks/bundle/<target> after a deployment from this folder; a state of Terraform and a workspace have the ids themselves",
  );
}

/** Says what the first deployment takes over, what it changes, and how to release the jobs from what manages them now. */
export function reportAdoption(source: ImportSource, project: Project, io: Io): void {
  io.out("");
  for (const { name, ids = new Map<string, string>(), graph } of source.environments) {
    const missing = graph.jobs.filter(({ id }) => !ids.has(id));
    io.out(printable(`${name}: the first deployment takes over ${ids.size} jobs`));
    for (const { key } of missing) io.out(printable(`  to add: ${key} is not deployed yet`));
    if (source.kind !== "bundle") continue;
    const uploads = project.jobs.filter(({ environments }) => environments.includes(name));
    if (uploads.length > 0 && ids.size > 0) {
      io.out("  to add: notebooks and files of this machine, below the folder of the environment");
      io.out(
        "  to change: notebook_path of the jobs that run these; edit_mode and deployment, which locked the jobs",
      );
    }
  }
  io.out("");
  for (const line of releaseSteps(source)) io.out(printable(line));
}

function releaseSteps({ kind, environments }: ImportSource): string[] {
  const done = "3. jobstrata import --done -o <project>";
  if (kind === "bundle") {
    const [first] = environments;
    return [
      "In this order:",
      "1. Deploy the project: it takes the jobs over while the bundle still knows them. Deploy the bundle no more.",
      `2. For each job and target: databricks bundle deployment unbind <key> -t ${first?.name ?? "<target>"}; then remove the job from the bundle.`,
      done,
    ];
  }
  if (kind === "terraform") {
    return [
      "In this order:",
      "1. Deploy the project: it takes the jobs over while the old state still knows them.",
      "2. In the old configuration, replace each job and its permissions by a removed block: removed { from = databricks_job.<name>  lifecycle { destroy = false } }; then apply.",
      done,
    ];
  }
  return [
    "In this order:",
    "1. Tell the owners of the jobs that the project manages them from now on.",
    "2. Deploy the project.",
    done,
  ];
}

/**
 * Removes what `--adopt` has written, once the first deployment is done.
 *
 * @returns 0, also where nothing is left to remove
 * @throws JobstrataError `config` if the folder is not an imported project
 */
export function removeAdoption(folder: string, io: Io): number {
  const main = join(folder, "main.ts");
  if (!existsSync(main))
    throw new JobstrataError("config", `${quote(folder)} has no main.ts; name the project with -o`);
  const text = readFileSync(main, "utf8");
  const without = text
    .replace(/^import \{ adopt \} from "\.\/jobs\/adopted";\n/m, "")
    .replace(/^adopt\(app\);\n\n?/m, "");
  const hasFile = existsSync(join(folder, FILE));
  if (without === text && !hasFile) {
    io.out("Nothing to remove: the project adopts no jobs.");
    return 0;
  }
  const changes = new Changes(folder);
  if (without !== text) changes.edit("main.ts", without, "adopts no jobs any more");
  const files = earlierFiles(folder).filter((path) => path !== FILE);
  if (existsSync(join(folder, MANIFEST))) changes.edit(MANIFEST, manifestText(files), "its files");
  changes.apply();
  rmSync(join(folder, FILE), { force: true });
  io.out(`Removed ${FILE}; the next plan says the same without it.`);
  return 0;
}
