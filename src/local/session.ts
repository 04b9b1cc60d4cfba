import { chmodSync, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "@jobstrata/core/folders";
import { LOCAL_STATE_DIR } from "@jobstrata/core/model";
import { terraformBinary } from "@jobstrata/core/terraform-binary";
import { type StartOptions, useWorkspace } from "./commands";
import { providerVersionFor, startProvider } from "./provider";

/** Options of {@link openSession}. */
export interface SessionOptions extends StartOptions {
  /**
   * The Terraform provider: `local` is the stand-in of this package; `registry` is the genuine provider, which
   * Terraform installs from its registry or a mirror.
   * @default "local"
   */
  readonly provider?: "local" | "registry";
}

/** A local workspace and the environment that makes commands use it instead of a real one. */
export interface LocalSession {
  readonly host: string;
  readonly token: string;
  readonly dataDir: string;
  /** Output folder of the CDKTF CLI. */
  readonly outdir: string;
  /** The environment for child processes. */
  readonly env: Readonly<NodeJS.ProcessEnv>;
  /** Stops what this session started. A workspace that was already running continues. */
  stop(): Promise<void>;
}

/**
 * Returns the running workspace of a data folder, or starts one for the session, and configures Terraform, the CDKTF
 * CLI and the Databricks tools to use it. All their files go to the data folder.
 *
 * @throws {JobstrataError} `local-workspace` if neither terraform nor tofu is on the PATH, or the workspace cannot
 *   start
 */
export async function openSession(
  options: SessionOptions = {},
  parentEnv: NodeJS.ProcessEnv = process.env,
): Promise<LocalSession> {
  const terraform = terraformBinary(parentEnv);
  const workspace = await useWorkspace(options);
  const { host, token, dataDir } = workspace;
  const outdir = join(dataDir, "cdktf.out");
  const stateDir = join(dataDir, "state");
  for (const folder of [outdir, stateDir]) makeFolder(folder, 0o700);
  const provider =
    options.provider === "registry"
      ? undefined
      : await startProvider({
          host,
          token,
          version: providerVersionFor(process.cwd()),
          sourceRoots: [dataDir, process.cwd()],
        });

  // Do not pass the address or credentials of a real workspace to child processes.
  const env = Object.fromEntries(
    Object.entries(parentEnv).filter(([name]) => !name.startsWith("DATABRICKS_")),
  );
  return {
    host,
    token,
    dataDir,
    outdir,
    env: {
      ...env,
      CHECKPOINT_DISABLE: "1",
      DISABLE_VERSION_CHECK: "1",
      TERRAFORM_BINARY_NAME: terraform,
      ...provider?.env,
      DATABRICKS_HOST: host,
      DATABRICKS_TOKEN: token,
      CDKTF_OUTPUT: outdir,
      CDKTF_OUTDIR: outdir,
      [LOCAL_STATE_DIR]: stateDir,
    },
    stop: async () => {
      await provider?.stop();
      protectStates(stateDir);
      await workspace.stop();
    },
  };
}

/** Makes state files readable by the owner only: they hold secrets, and Terraform creates them readable by others. */
function protectStates(folder: string): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder))
    if (name.includes(".tfstate")) chmodSync(join(folder, name), 0o600);
}
