import { type Command, Option } from "commander";
import { ignoredBy, loadConfig } from "@jobstrata/core/config";
import { JobstrataError } from "@jobstrata/core/errors";
import { SOURCE_KINDS, type SourceKind, quote } from "@jobstrata/core/model";
import { RULES } from "@jobstrata/core/policy";
import { CODE_CACHE, type Reading } from "@jobstrata/core/readers";
import { readPath } from "./path";
import type { Io } from "../io";

/** Options that select the source of jobs, besides a path. */
export interface SourcesOptions {
  readonly source?: SourceKind;
  /** Reads the local workspace. */
  readonly local?: boolean;
  /** Its data folder. */
  readonly data?: string;
  /** Runs the Python code of bundles that define jobs in Python. */
  readonly python?: boolean;
  /** The configuration file that lists what to ignore. @default - the project's */
  readonly config?: string;
}

/** Adds {@link SourcesOptions}. */
export function addSourceOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--source <kind>",
        "the kind of source, if it can't be detected; or workspace, which takes no path",
      ).choices([...SOURCE_KINDS]),
    )
    .option("--python", "run the Python code of a bundle that defines jobs (databricks-bundles)")
    .option("--local", "read the local workspace")
    .option("--data <folder>", "data folder of the local workspace");
}

/**
 * Reads the jobs at `paths` (by default the working folder) or of a workspace.
 *
 * @param targets environments to read; empty means all
 * @param contents texts that replace the contents of bundle files, by absolute path
 * @throws {JobstrataError} `source` if nothing can be read, `authentication` without a login
 */
export async function readSources(
  paths: readonly string[],
  { source, local, data, python = false, config }: SourcesOptions,
  targets: readonly string[],
  io: Io,
  contents: ReadonlyMap<string, string> = new Map(),
): Promise<Reading[]> {
  CODE_CACHE.open(process.env, process.cwd());
  if (source !== "workspace" && local !== true) {
    const isIgnored = ignoring(config);
    const sources = { ...(source && { source }), targets, python, isIgnored, contents };
    return (paths.length === 0 ? ["."] : paths).flatMap((path) => readPath(path, sources));
  }
  if (paths.length > 0 || (source !== undefined && source !== "workspace")) {
    throw new JobstrataError(
      "source",
      `a workspace is read without ${paths.length > 0 ? `a path; leave out ${paths.map(quote).join(" ")}` : `--source ${source ?? ""}; leave it out`}`,
    );
  }
  // The login code is loaded on demand.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { readWorkspace } = require("./workspace") as typeof import("./workspace");
  const workspace = { ...(local && { local }), ...(data !== undefined && { data }) };
  return [await readWorkspace(workspace, targets, io)];
}

/** Whether the configuration ignores a path. The configuration is read on first use. */
export function ignoring(file: string | undefined): (path: string) => boolean {
  let isIgnored: ReturnType<typeof ignoredBy> | undefined;
  return (path) => {
    const names = RULES.map(({ name }) => name);
    isIgnored ??= ignoredBy(loadConfig(".", names, file));
    return isIgnored(path);
  };
}
