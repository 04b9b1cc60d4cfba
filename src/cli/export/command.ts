import { posixRelative } from "@jobstrata/core/paths";
import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { type Command, Option } from "commander";
import {
  type ExportedEnvironment,
  type ImportedVariable,
  NotExpressible,
  writeBundle,
} from "../emit";
import { JobstrataError } from "@jobstrata/core/errors";
import { formatLocation, type JobRef, printable, quote, SOURCE_KINDS } from "@jobstrata/core/model";
import { outputFolder } from "@jobstrata/run";
import { diffOf } from "../check/fix";
import { sayProblems } from "../sources/graphs";
import type { Io } from "../io";
import { Changes } from "../project/changes";
import { readSources, type SourcesOptions } from "../sources/options";
import { StackTexts } from "./stack-texts";

/** Options of `jobstrata export`. */
interface ExportOptions extends SourcesOptions {
  readonly output: string;
  readonly target?: readonly string[];
  readonly name?: string;
  readonly force?: boolean;
  readonly partial?: boolean;
}

/** Adds `jobstrata export`. */
export function addExportCommand(program: Command, io: Io): void {
  program
    .command("export")
    .description("write a Databricks Asset Bundle of the jobs of an app, a plan or a workspace")
    .argument("[source]", "what check reads: cdktf.out, a plan or state in JSON, a bundle", ".")
    .requiredOption("-o, --output <folder>", "folder of the bundle")
    .option("-t, --target <name...>", "only these environments (default: all)")
    .option("--name <name>", "name of the bundle (default: the folder's name)")
    .addOption(
      new Option("--source <kind>", "kind of source, if it can't be detected").choices([
        ...SOURCE_KINDS,
      ]),
    )
    .option("--local", "read the local workspace")
    .option("--data <folder>", "data folder of the local workspace")
    .option("--python", "run the Python code of a bundle that defines jobs (databricks-bundles)")
    .option("--force", "overwrite files that differ")
    .option("--partial", "leave out jobs that cannot be expressed, instead of writing nothing")
    .action(async (source: string, options: ExportOptions) => {
      io.exitCode = await runExport(source, options, io);
    });
}

/**
 * Writes the bundle of a source.
 *
 * @returns 0 if it is written or unchanged; 1 if something cannot be expressed or existing files differ; 2 if the source could
 *   not be read completely
 * @throws {JobstrataError} `source`, `config`
 */
export async function runExport(path: string, options: ExportOptions, io: Io): Promise<number> {
  const folder = resolve(options.output);
  if (existsSync(folder) && !statSync(folder).isDirectory())
    throw new JobstrataError("config", `${quote(options.output)} is a file; name a folder`);
  const isWorkspace = options.source === "workspace" || options.local === true;
  const paths = isWorkspace && path === "." ? [] : [path];
  const [reading, other] = await readSources(paths, options, options.target ?? [], io);
  if (reading === undefined) throw new JobstrataError("source", "there is no job to export");
  if (other !== undefined) {
    throw new JobstrataError(
      "source",
      `${quote(path)} holds both a bundle and synthesized stacks; choose one with --source`,
    );
  }
  if (!sayProblems([reading], io)) {
    io.err("Nothing is written because the source could not be read completely.");
    return 2;
  }
  const texts =
    reading.kind === "cdktf" ? StackTexts.read(stacksFolder(path), reading.graphs) : undefined;
  const sourceFolder = reading.kind === "bundle" ? dirname(resolve(reading.path)) : process.cwd();
  const bundle = writeBundle({
    name: options.name ?? (basename(folder).replace(/[^\w-]+/g, "_") || "jobs"),
    environments: reading.graphs.map((graph): ExportedEnvironment => {
      const name = graph.environment;
      return {
        name,
        graph,
        variables: texts?.variablesOf(name) ?? NO_VARIABLES,
        text: (text, where) =>
          texts === undefined ? plain(text, where, reading.kind) : texts.text(name, text, where),
        external: (ref) => (texts === undefined ? externalOf(ref) : texts.external(name, ref)),
      };
    }),
    localFile: (file, isFile) => {
      const uploaded = texts?.uploadedFrom(file);
      const isOfSource = isFile || (reading.kind === "bundle" && !file.startsWith("/"));
      if (uploaded === undefined && !isOfSource) return undefined;
      const found = uploaded ?? resolve(sourceFolder, file);
      if (!existsSync(found)) return undefined;
      return posixRelative(folder, found) || ".";
    },
  });
  for (const { job, environment, where, why, source } of bundle.refusals) {
    const place = source === undefined ? "" : `${printable(formatLocation(source))}: `;
    io.err(printable(`${place}job ${quote(job)} of ${environment}: ${where} ${why}`));
  }
  if (bundle.refusals.length > 0 && options.partial !== true) {
    io.err("Nothing is written. Change the source, or leave these jobs out with --partial.");
    return 1;
  }
  if (bundle.jobs === 0) throw new JobstrataError("source", "there is no job to export");
  return write(bundle.files, folder, options, bundle.jobs, io);
}

const NO_VARIABLES: Readonly<Record<string, ImportedVariable>> = {};

/** The synthesized folder that a path is or contains. */
function stacksFolder(path: string): string {
  if (existsSync(join(path, "manifest.json"))) return path;
  if (statSync(path).isDirectory()) return outputFolder(process.env, path);
  return path;
}

/** A source text without Terraform expressions. */
function plain(text: string, where: string, kind: string): string {
  if (/\$\{sensitive(?: \d+)?\}/.test(text))
    throw new NotExpressible(where, "is a secret, whose value the source does not contain");
  if (text.includes("${known after apply}"))
    throw new NotExpressible(where, "is known only after apply");
  if (kind !== "bundle" && /\$\{\p{L}[\p{L}\p{N}_.[\]-]*\}/u.test(text))
    throw new NotExpressible(where, `holds ${text}, which a bundle would treat as a reference`);
  return text;
}

function externalOf(ref: JobRef): { readonly name: string } | { readonly id: string } | undefined {
  if (ref.kind !== "external" && ref.kind !== "opaque") return undefined;
  if (ref.kind === "external" && ref.name !== undefined) return { name: ref.name };
  const id = ref.jobId ?? /^job (\d+)$/.exec(ref.expression)?.[1];
  return id === undefined ? undefined : { id };
}

function write(
  files: ReadonlyMap<string, string>,
  folder: string,
  { force = false, output }: ExportOptions,
  jobs: number,
  io: Io,
): number {
  const changes = new Changes(folder);
  const changed: { file: string; before: string; after: string }[] = [];
  for (const [path, text] of files) {
    const file = join(folder, path);
    const before = existsSync(file) ? readFileSync(file, "utf8") : undefined;
    if (before === undefined) changes.create(path, text);
    else if (before !== text) {
      changed.push({ file: path, before, after: text });
      changes.edit(path, text, "as the source has it now");
    }
  }
  if (changed.length > 0 && !force) {
    io.out(diffOf(changed));
    io.err("Nothing is written because files differ; --force overwrites them.");
    return 1;
  }
  if (changes.isEmpty) {
    io.out("Nothing has changed.");
    return 0;
  }
  changes.apply();
  io.out(
    printable(
      `${jobs} jobs: ${changes.created.length} files written, ${changes.edited.size} changed in ${output}`,
    ),
  );
  io.out("Next: databricks bundle validate, and jobstrata check, in that folder");
  return 0;
}
