import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { type Command } from "commander";
import { JobstrataError, quoteWithSuggestion } from "@jobstrata/core/errors";
import { quote } from "@jobstrata/core/model";
import type { Io } from "../io";
import { Changes } from "../project/changes";
import { maskLiterals } from "../project/code-text";
import type { Framework } from "@jobstrata/core/framework";
import { type JobNames, jobNames, type LayerNames, layerNames, snakeCase } from "../project/names";
import { reportChanges, reportLines } from "../project/report";
import * as templates from "../project/templates";
import { layersOf, readUserProject, textOf, type UserProject } from "../project/user-project";
import {
  jobLines,
  layerLines,
  type LayerMembers,
  layerMembers,
  layersMade,
  orchestratorLines,
  wireJob,
  wireLayer,
  wireOrchestrator,
} from "../project/wiring";

const { JOBS } = templates;

/** Options of `jobstrata add job` and `add composite`. */
interface AddJobOptions {
  readonly layer?: string;
}

/** Adds `jobstrata add`. */
export function addAddCommand(program: Command, io: Io): void {
  const add = program
    .command("add")
    .description("add a job or a layer to an app that init created: a file and its line of wiring");
  add
    .command("job")
    .description("an atomic job and its notebook")
    .argument("<name>", "such as ingest_orders")
    .option("--layer <name>", "layer of the job; required if there are several")
    .action((name: string, options: AddJobOptions) => {
      io.exitCode = addJob(process.cwd(), name, options, io);
    });
  add
    .command("composite")
    .description("a composite job, which runs the atomic jobs of its layer")
    .argument("<name>", "such as bronze_refresh")
    .option("--layer <name>", "layer of the job; required if there are several")
    .action((name: string, options: AddJobOptions) => {
      io.exitCode = addComposite(process.cwd(), name, options, io);
    });
  add
    .command("orchestrator")
    .description("an orchestrator, which runs the composite jobs of all layers")
    .argument("<name>", "such as nightly")
    .action((name: string) => {
      io.exitCode = addOrchestrator(process.cwd(), name, io);
    });
  add
    .command("layer")
    .description("a layer without jobs")
    .argument("<name>", "such as silver")
    .action((name: string) => {
      io.exitCode = addLayer(process.cwd(), name, io);
    });
}

/**
 * Writes an atomic job and its notebook, and adds the job to its layer.
 *
 * @returns 0; 1 if the job cannot be inserted into the layer, in which case nothing is written
 * @throws {JobstrataError} `config` if the name is invalid or taken, or the layer does not exist
 */
function addJob(folder: string, name: string, options: AddJobOptions, io: Io): number {
  const job = jobNames(name);
  const { project, framework } = appIn(folder);
  const layer = chosenLayer(folder, options.layer);
  checkFree(folder, layer, job);
  const catalog = /\bcatalog\s*:/.test(
    maskLiterals(textOf(folder, `${JOBS}/environments.ts`) ?? ""),
  );
  const changes = new Changes(folder);
  create(
    changes,
    folder,
    `${JOBS}/${layer.name}/${job.key}.ts`,
    templates.atomicJobFile(framework, layer, job, { catalog }),
  );
  create(
    changes,
    folder,
    `${JOBS}/${layer.name}/${job.base}.py`,
    templates.notebookFile(layer, job, { catalog }),
  );
  return wireAndApply(project, layer, "atomic", job, changes, io);
}

/**
 * Writes a composite job that runs the atomic jobs of its layer, and adds it to the layer.
 *
 * @returns 0; 1 if the job cannot be inserted or the layer has no job to run, in which case nothing is written
 * @throws {JobstrataError} `config` if the name is invalid or taken, or the layer does not exist
 */
function addComposite(folder: string, name: string, options: AddJobOptions, io: Io): number {
  const job = jobNames(name);
  const { project, framework } = appIn(folder);
  const layer = chosenLayer(folder, options.layer);
  const members = checkFree(folder, layer, job);
  const runs = (members?.atomic ?? []).map(({ member }) => ({
    member,
    taskKey: snakeCase(member),
  }));
  if (members !== undefined && runs.length === 0) {
    io.err(
      `Layer ${quote(layer.name)} has no atomic job that a composite job could run; nothing is written. Add one first: npx jobstrata add job NAME --layer ${layer.name}`,
    );
    return 1;
  }
  const changes = new Changes(folder);
  create(
    changes,
    folder,
    `${JOBS}/${layer.name}/${job.key}.ts`,
    templates.compositeJobFile(framework, layer, job, runs, project.specifier),
  );
  return wireAndApply(project, layer, "composite", job, changes, io);
}

/**
 * Writes an empty layer and adds it to every environment.
 *
 * @returns 0; 1 if the layer cannot be inserted into the app, in which case nothing is written
 * @throws {JobstrataError} `config` if the name is invalid or taken
 */
function addLayer(folder: string, name: string, io: Io): number {
  const layer = layerNames(name);
  const { project, framework } = appIn(folder);
  const path = `${JOBS}/index.ts`;
  const text = textOf(folder, path) ?? "";
  const changes = new Changes(folder);
  create(
    changes,
    folder,
    `${JOBS}/${layer.name}/layer.ts`,
    templates.layerFile(framework, layer, undefined, project.specifier),
  );
  const wired = wireLayer(text, layer, project.specifier);
  if (wired === undefined) {
    reportLines(path, layerLines(layer, project.specifier), "for each environment", io);
    return 1;
  }
  changes.edit(path, wired, `makes ${layer.className}`);
  return apply(changes, io);
}

/**
 * Writes an orchestrator of all composite jobs, in its own stack, and adds it to every environment.
 *
 * @returns 0; 1 if it cannot be inserted or has nothing to run, in which case nothing is written
 * @throws {JobstrataError} `config` if the name is invalid or taken
 */
function addOrchestrator(folder: string, name: string, io: Io): number {
  const job = jobNames(name);
  const { project, framework } = appIn(folder);
  const path = `${JOBS}/index.ts`;
  const text = textOf(folder, path) ?? "";
  checkNoJob(folder, undefined, job);
  const made = layersMade(text);
  const runs = (made ?? []).flatMap(({ className, variable }) => {
    const layer = layersOf(folder)
      .map(layerNames)
      .find((each) => each.className === className);
    const composites =
      layer === undefined
        ? []
        : (layerMembers(textOf(folder, `${JOBS}/${layer.name}/layer.ts`) ?? "")?.composites ?? []);
    return layer === undefined || composites.length === 0 ? [] : [{ layer, variable, composites }];
  });
  if (made !== undefined && runs.length === 0) {
    io.err(
      "No layer has a composite job that an orchestrator could run; nothing is written. Add one first: npx jobstrata add composite NAME",
    );
    return 1;
  }
  const changes = new Changes(folder);
  create(
    changes,
    folder,
    `${JOBS}/${job.key}.ts`,
    templates.orchestratorFile(framework, job, runs, project.specifier),
  );
  const variables = runs.map(({ variable }) => variable);
  const wired = wireOrchestrator(text, job, variables, project.specifier);
  if (wired === undefined) {
    reportLines(
      path,
      orchestratorLines(job, variables, project.specifier),
      "for each environment, with its layers",
      io,
    );
    return 1;
  }
  changes.edit(path, wired, `makes ${job.key}`);
  return apply(changes, io);
}

function wireAndApply(
  { folder, specifier }: UserProject,
  layer: LayerNames,
  kind: "atomic" | "composite",
  job: JobNames,
  changes: Changes,
  io: Io,
): number {
  const path = `${JOBS}/${layer.name}/layer.ts`;
  const wired = wireJob(textOf(folder, path) ?? "", kind, job, specifier);
  if (wired === undefined) {
    reportLines(
      path,
      jobLines(kind, job, specifier),
      "as a member of the class that extends JobLayer",
      io,
    );
    return 1;
  }
  changes.edit(path, wired, `makes ${job.key}`);
  return apply(changes, io);
}

function apply(changes: Changes, io: Io): number {
  changes.apply();
  reportChanges(changes, io);
  return 0;
}

/** @throws {JobstrataError} `config` if `init` did not create the project */
function appIn(folder: string): { readonly project: UserProject; readonly framework: Framework } {
  const project = readUserProject(folder);
  if (project.framework === undefined || textOf(folder, `${JOBS}/index.ts`) === undefined) {
    throw new JobstrataError(
      "config",
      `this folder has no ${JOBS}/index.ts that jobstrata init has made; run npx jobstrata init first, or this command in the root of its project`,
    );
  }
  return { project, framework: project.framework };
}

function chosenLayer(folder: string, name: string | undefined): LayerNames {
  const layers = layersOf(folder);
  const [only] = layers;
  if (name === undefined && only !== undefined && layers.length === 1) return layerNames(only);
  if (name === undefined) {
    throw new JobstrataError(
      "config",
      only === undefined
        ? `there is no layer in ${JOBS}; add one first: npx jobstrata add layer NAME`
        : `there are several layers; choose one with --layer: ${layers.join(", ")}`,
    );
  }
  if (!layers.includes(name)) {
    throw new JobstrataError(
      "config",
      `there is no layer ${quoteWithSuggestion(name, layers)}; there is ${layers.map(quote).join(", ") || "none"}`,
    );
  }
  return layerNames(name);
}

/** @throws {JobstrataError} `config` if a layer already has a job with that name */
function checkFree(folder: string, layer: LayerNames, job: JobNames): LayerMembers | undefined {
  checkNoJob(folder, layer, job);
  const members = layerMembers(textOf(folder, `${JOBS}/${layer.name}/layer.ts`) ?? "");
  if (members?.has(job.member) === true) {
    throw new JobstrataError(
      "config",
      `layer ${quote(layer.name)} has a member ${quote(job.member)} already; choose another name`,
    );
  }
  return members;
}

/** @throws {JobstrataError} `config` if the file exists: the wiring would import something else */
function create(changes: Changes, folder: string, path: string, text: string): void {
  if (existsSync(resolve(folder, path))) {
    throw new JobstrataError("config", `${quote(path)} already exists; choose another name`);
  }
  changes.create(path, text);
}

/** @throws {JobstrataError} `config` if the key is taken: outputs hold job ids by key, and runs look jobs up by it */
function checkNoJob(folder: string, layer: LayerNames | undefined, job: JobNames): void {
  const isThere = (...path: string[]): boolean =>
    existsSync(resolve(folder, JOBS, ...path, `${job.key}.ts`));
  if (isThere()) {
    throw new JobstrataError(
      "config",
      `orchestrator ${quote(job.key)} already exists; choose another name`,
    );
  }
  const other = layersOf(folder).find((each) => isThere(each));
  if (other === undefined) return;
  const hint =
    layer === undefined || other === layer.name ? "" : `, such as ${layer.name}_${job.base}`;
  throw new JobstrataError(
    "config",
    `there is a job ${quote(job.key)} in layer ${quote(other)}; choose another name${hint}`,
  );
}
