import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { JobstrataError } from "@jobstrata/core/errors";
import { printable, quote } from "@jobstrata/core/model";
import { bundleFile, readBundle, type Reading } from "@jobstrata/core/readers";
import type { Io } from "../io";
import { type SplitFlags, splitOptions } from "../split/flags";
import type { ImportReadOptions } from "./read-options";
import { readBundleSource, type ReadSource } from "./bundle-source";
import { readTerraformSource } from "./terraform-source";

/**
 * Reads the jobs of a source.
 *
 * @throws {JobstrataError} `source` if nothing can be read
 */
export async function readImportSource(
  path: string | undefined,
  options: ImportReadOptions,
  io: Io,
): Promise<ReadSource> {
  const { source, targets = [], python = false, local = false } = options;
  checkOptions(options);
  if (source === "workspace" || local) {
    if (path !== undefined) {
      throw new JobstrataError(
        "source",
        `a workspace is read without a path; leave out ${quote(path)}`,
      );
    }
    // The login code is loaded on demand.
    const { readWorkspaceSource } =
      // eslint-disable-next-line @typescript-eslint/no-require-imports
      require("./workspace-source") as typeof import("./workspace-source");
    return readWorkspaceSource(options, io);
  }
  const at = path ?? ".";
  if (at === "-") return readTerraformSource(at);
  if (!existsSync(at)) throw new JobstrataError("source", `${quote(at)} does not exist`);
  const isFile = !statSync(at).isDirectory();
  const bundle = source === "terraform" || isJson(at) ? undefined : bundleFile(at);
  if (bundle !== undefined) {
    const { adopt = false, state: states = [], remoteState = false } = options;
    const read = { targets, python, adopt, states, remoteState };
    if (options.split === undefined) return readBundleSource(bundle, read);
    const contents = await splitTexts(bundle, options.split, python, io);
    return readBundleSource(bundle, { ...read, contents });
  }
  if (isFile && source !== "bundle") return readTerraformSource(at);
  throw new JobstrataError("source", `${quote(at)} holds no bundle (databricks.yml)`);
}

/** The contents of a bundle's files after its jobs are split; reports jobs that cannot be split. */
async function splitTexts(
  file: string,
  flags: SplitFlags,
  python: boolean,
  io: Io,
): Promise<ReadonlyMap<string, string>> {
  const { splitBundle } =
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    require("../split/split-bundle") as typeof import("../split/split-bundle");
  const read = (contents?: ReadonlyMap<string, string>): Promise<readonly Reading[]> =>
    Promise.resolve([readBundle(file, { python, ...(contents !== undefined && { contents }) })]);
  const { files, refusals } = await splitBundle(await read(), read, splitOptions(flags));
  for (const { message, fix } of refusals) io.err(printable(`not split: ${message}; ${fix}`));
  return new Map(files.map(({ file: path, after }) => [resolve(path), after]));
}

/** Rejects options that require others. */
function checkOptions(options: ImportReadOptions): void {
  const { source, local = false, state, remoteState = false, adopt = false } = options;
  const filter = (["name", "tag", "creator"] as const).find((each) => options[each] !== undefined);
  if (filter !== undefined && source !== "workspace" && !local)
    throw new JobstrataError("config", `--${filter} requires --source workspace or --local`);
  if (options.split !== undefined && (source === "workspace" || source === "terraform" || local))
    throw new JobstrataError("config", "--split splits the jobs of a bundle; name one");
  const named = state !== undefined ? "--state" : remoteState ? "--remote-state" : undefined;
  if (named !== undefined && !adopt)
    throw new JobstrataError(
      "config",
      `${named} gives the ids of running jobs; it requires --adopt`,
    );
}

const isJson = (path: string): boolean => /\.json$/i.test(path);
