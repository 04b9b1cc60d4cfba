import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Command, Option } from "commander";
import { type ImportFramework, type ImportSource, type Project, writeProject } from "../emit";
import { JobstrataError } from "@jobstrata/core/errors";
import { formatLocation, globOf, JobGraph, printable, quote } from "@jobstrata/core/model";
import { diffText } from "@jobstrata/core/render";
import { diffOf } from "../check/fix";
import { sayProblems } from "../sources/graphs";
import type { Io } from "../io";
import { Changes } from "../project/changes";
import { FRAMEWORKS } from "@jobstrata/core/framework";
import { styleFor } from "../terminal";
import { checkAdoption, removeAdoption, reportAdoption } from "./adoption";
import { baselineOf } from "./baseline";
import { differences } from "./equality";
import { localFilesOf } from "./local-files";
import { earlierFiles, ownFiles, settingFiles } from "./project-files";
import { readImportSource } from "./read-source";
import type { ImportReadOptions } from "./read-options";
import { addSplitFlags, type SplitFlags } from "../split/flags";
import { releaseFiles } from "./release";

/** Options of `jobstrata import`. */
export interface ImportOptions extends ImportReadOptions {
  readonly output: string;
  readonly framework: ImportFramework;
  readonly layers?: readonly LayerPattern[];
  /** Overwrites files that differ. */
  readonly force?: boolean;
  /** Leaves out jobs that cannot be expressed instead of writing nothing. */
  readonly partial?: boolean;
  /** Lets the first deployment take over deployed jobs. */
  readonly adopt?: boolean;
  /** Removes the files written for `--adopt`. */
  readonly done?: boolean;
  /** Compares the synthesized project with the source; writes nothing. */
  readonly verify?: boolean;
}

interface LayerPattern {
  readonly matches: (key: string) => boolean;
  readonly layer: string;
}

/** Adds `jobstrata import`. */
export function addImportCommand(program: Command, io: Io): void {
  addSplitFlags(program.command("import"))
    .description("write a project of CDKTF or CDKTN for jobs that are defined elsewhere")
    .argument(
      "[source]",
      'a bundle, or what "terraform show -json" prints of a state or plan ("-": standard input)',
    )
    .requiredOption("-o, --output <folder>", "folder of the project")
    .option("-t, --target <name...>", "only these targets of the bundle (default: all)")
    .addOption(
      new Option("--framework <name>", "framework of the project")
        .choices(FRAMEWORKS)
        .default("cdktf"),
    )
    .addOption(
      new Option("--source <kind>", "kind of source, if it can't be detected").choices([
        "bundle",
        "terraform",
        "workspace",
      ]),
    )
    .option("--local", "read the local workspace")
    .option("--data <folder>", "data folder of the local workspace")
    .option("--name <pattern>", "only jobs of a workspace whose names match, such as 'Sales*'")
    .option("--tag <key=value>", "only jobs of a workspace with this tag")
    .option("--creator <name>", "only jobs of a workspace that this user created")
    .option("--python", "run the Python code of a bundle that defines jobs (databricks-bundles)")
    .option(
      "--layers <patterns>",
      "layers by patterns of keys: bronze=ingest_*,gold=report_*",
      parseLayers,
    )
    .option("--force", "overwrite files that differ")
    .option("--partial", "leave out jobs that cannot be expressed, instead of writing nothing")
    .option("--split", "split jobs of a bundle that break the rules, like jobstrata split")
    .option("--adopt", "let the first deployment take over the running jobs, with their ids")
    .option(
      "--state <[target=]file...>",
      'with --adopt: take the ids from these states of a bundle, or from what "databricks bundle summary -o json" prints',
    )
    .option(
      "--remote-state",
      "with --adopt: also read the states that a bundle keeps in the workspace",
    )
    .option("--done", "remove the files written for --adopt, after the first deployment")
    .option("--verify", "compare cdktf.out of the project with the source; write nothing")
    .action(async (source: string | undefined, options: CommandOptions) => {
      const { target, split = false, ...others } = options;
      const more = { ...(target && { targets: target }), ...(split && { split: others }) };
      io.exitCode = await runImport(source, { ...others, ...more }, io);
    });
}

type CommandOptions = Omit<ImportOptions, "targets" | "split"> &
  SplitFlags & { readonly target?: string[]; readonly split?: boolean };

function parseLayers(text: string): LayerPattern[] {
  return text.split(",").map((entry) => {
    const [layer = "", pattern = "", ...more] = entry.split("=").map((part) => part.trim());
    if (layer === "" || pattern === "" || more.length > 0) {
      throw new JobstrataError(
        "config",
        `invalid --layers entry ${quote(entry)}; write a layer and a pattern of keys, such as bronze=ingest_*`,
      );
    }
    return { layer, matches: globOf(pattern) };
  });
}

/**
 * Writes the project of a source.
 *
 * @returns 0 if it is written or unchanged; 1 if something cannot be expressed, existing files differ, or `--verify` finds a
 *   difference; 2 if the source could not be read completely
 * @throws {JobstrataError} `source`, `config`, `authentication`
 */
export async function runImport(
  path: string | undefined,
  options: ImportOptions,
  io: Io,
): Promise<number> {
  const folder = resolve(options.output);
  if (existsSync(folder) && !statSync(folder).isDirectory())
    throw new JobstrataError("config", `${quote(options.output)} is a file; name a folder`);
  if (options.done === true) return removeAdoption(folder, io);
  const { source, readings } = await readImportSource(path, options, io);
  if (!sayProblems(readings, io)) {
    io.err("Nothing is written because the source could not be read completely.");
    return 2;
  }
  if (countOf(source) === 0) throw new JobstrataError("source", "there is no job to import");
  const project = writeProject(source, {
    framework: options.framework,
    localFile: localFilesOf(source.folder, folder),
    layerOf: (key) => options.layers?.find(({ matches }) => matches(key))?.layer,
    adopt: options.adopt === true,
  });
  for (const { job, environment, where, why, source: at } of project.refusals) {
    const place = at === undefined ? "" : `${printable(formatLocation(at))}: `;
    io.err(printable(`${place}job ${quote(job)} of ${environment}: ${where} ${why}`));
  }
  if (project.refusals.length > 0 && options.partial !== true) {
    const jobs = new Set(project.refusals.map(({ job }) => job)).size;
    io.err(
      `Nothing is written: ${jobs === 1 ? "1 job" : `${jobs} jobs`} cannot be expressed. Change the source, or leave them out with --partial.`,
    );
    return 1;
  }
  const kept = project.refusals.length === 0 ? source : withoutRefused(source, project);
  if (kept.environments.every(({ graph }) => graph.jobs.length === 0))
    throw new JobstrataError("source", "there is no job that can be expressed");
  const names = kept.environments.map(({ name }) => name);
  if (options.adopt === true) checkAdoption(kept);
  if (options.verify === true) {
    const diffs = differences(kept, project, join(folder, "cdktf.out"), folder);
    if (diffs.length > 0) {
      io.out(diffText(diffs, { since: "the source", style: styleFor() }).trimEnd());
      return 1;
    }
    const equal = countOf(kept);
    io.out(`Equal: ${equal === 1 ? "1 job" : `${equal} jobs`} in ${names.join(", ")}.`);
    return 0;
  }
  const baseline = baselineOf(project, names, folder);
  const release = options.adopt === true ? releaseFiles(kept) : new Map<string, string>();
  const code = write(project, ownFiles(project, baseline, release), folder, options, io);
  if (code === 0 && options.adopt === true) reportAdoption(kept, project, io);
  return code;
}

const countOf = ({ environments }: ImportSource): number =>
  environments.reduce((sum, { graph }) => sum + graph.jobs.length, 0);

/** The source with only the project's jobs. */
function withoutRefused(source: ImportSource, project: Project): ImportSource {
  return {
    ...source,
    environments: source.environments.map((environment) => {
      const { name, graph, ids = new Map<string, string>() } = environment;
      const specs = new Set(project.jobsIn(name).map(({ spec }) => spec.id));
      const jobs = graph.jobs.filter(({ id }) => specs.has(id));
      return {
        ...environment,
        graph: new JobGraph(name, jobs, undefined, graph.kind),
        ids: new Map([...ids].filter(([id]) => specs.has(id))),
      };
    }),
  };
}

function write(
  project: Project,
  files: ReadonlyMap<string, string>,
  folder: string,
  { framework, force = false, output }: ImportOptions,
  io: Io,
): number {
  const changes = new Changes(folder);
  const changed: { file: string; before: string; after: string }[] = [];
  for (const [path, text] of files) {
    const file = join(folder, path);
    if (!existsSync(file)) {
      changes.create(path, text);
      continue;
    }
    const before = readFileSync(file, "utf8");
    if (before === text) continue;
    changed.push({ file: path, before, after: text });
    changes.edit(path, text, "as the source has it now");
  }
  const gone = earlierFiles(folder).filter(
    (path) => !files.has(path) && existsSync(join(folder, path)),
  );
  const differs = changed.filter(({ file }) => file !== "jobstrata.import.json");
  if ((differs.length > 0 || gone.length > 0) && !force) {
    io.out(diffOf(differs));
    for (const path of gone) io.out(`gone from the source: ${printable(path)}`);
    io.err("Nothing is written because files differ; --force overwrites them.");
    return 1;
  }
  if (changes.isEmpty && gone.length === 0) {
    io.out("Nothing has changed.");
    return 0;
  }
  for (const [path, text] of settingFiles(folder, framework)) changes.create(path, text);
  changes.apply();
  for (const path of gone) rmSync(join(folder, path), { force: true });
  report(project, changes, output, framework, io);
  return 0;
}

function report(
  project: Project,
  changes: Changes,
  output: string,
  framework: ImportFramework,
  io: Io,
): void {
  const levels = ["atomic", "composite", "orchestrator"] as const;
  const counts = levels.flatMap((level) => {
    const count = project.jobs.filter((job) => job.level === level && job.because === undefined);
    return count.length === 0 ? [] : [`${count.length} ${level}`];
  });
  const generated = project.jobs.filter(({ because }) => because !== undefined);
  if (generated.length > 0) counts.push(`${generated.length} as generated Job classes`);
  io.out(
    printable(
      `${project.jobs.length} jobs: ${counts.join(", ")}; ${changes.created.length} files written, ${changes.edited.size} changed in ${output}`,
    ),
  );
  for (const { was, because = "" } of generated)
    io.out(printable(`  ${was}: a generated Job, because of ${because}`));
  for (const [name, text] of project.placeholders)
    io.out(printable(`  variable ${name} stands for ${text}; give its value when you deploy`));
  io.out("");
  io.out("Next:");
  if (resolve(output) !== process.cwd()) io.out(`  cd ${printable(output)}`);
  io.out("  npm install");
  io.out(`  npx ${framework} synth`);
}
