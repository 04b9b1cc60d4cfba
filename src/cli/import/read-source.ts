import { existsSync, statSync } from "node:fs";
import { JobstrataError } from "@jobstrata/core/errors";
import { quote } from "@jobstrata/core/model";
import { bundleFile } from "@jobstrata/core/readers";
import type { Io } from "../io";
import { readBundleSource, type ReadSource } from "./bundle-source";
import { readTerraformSource } from "./terraform-source";

/** Which source is read, and what of it. */
export interface ImportReadOptions {
  readonly source?: "bundle" | "terraform" | "workspace";
  readonly targets?: readonly string[];
  readonly python?: boolean;
  readonly local?: boolean;
  readonly data?: string;
  readonly name?: string;
  readonly tag?: string;
  readonly creator?: string;
  /** Whether the ids of the deployed jobs are needed. */
  readonly adopt?: boolean;
  /** States or summaries of a bundle to read ids from, `[target=]file`. */
  readonly state?: readonly string[];
  /** Reads the ids from the states that a bundle keeps in the workspace, too. */
  readonly remoteState?: boolean;
}

/**
 * Reads everything that a source says of its jobs.
 *
 * @throws {JobstrataError} `source` if there is nothing that can be read
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
    // Everybody else need not wait for what logs in to a workspace.
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
    return readBundleSource(bundle, { targets, python, adopt, states, remoteState });
  }
  if (isFile && source !== "bundle") return readTerraformSource(at);
  throw new JobstrataError("source", `${quote(at)} holds no bundle (databricks.yml)`);
}

/** Options that go with others only. */
function checkOptions(options: ImportReadOptions): void {
  const { source, local = false, state, remoteState = false, adopt = false } = options;
  const filter = (["name", "tag", "creator"] as const).find((each) => options[each] !== undefined);
  if (filter !== undefined && source !== "workspace" && !local)
    throw new JobstrataError("config", `--${filter} goes with --source workspace or --local`);
  const named = state !== undefined ? "--state" : remoteState ? "--remote-state" : undefined;
  if (named !== undefined && !adopt)
    throw new JobstrataError(
      "config",
      `${named} gives the ids of running jobs; it goes with --adopt`,
    );
}

const isJson = (path: string): boolean => /\.json$/i.test(path);
