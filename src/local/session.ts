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
   * Which Terraform provider talks to the workspace: the stand-in that this package carries, or the genuine one, which
   * Terraform installs from its registry or from a mirror of the user's.
   * @default "local"
   */
  readonly provider?: "local" | "registry";
}

/** A local workspace and the settings by which commands work in it instead of in a real one. */
export interface LocalSession {
  readonly host: string;
  readonly token: string;
  readonly dataDir: string;
  /** Where the CDKTF CLI puts what it synthesizes. */
  readonly outdir: string;
  /** The environment for child processes. */
  readonly env: Readonly<NodeJS.ProcessEnv>;
  /** Ends what this session has started; a workspace that ran before goes on. */
  stop(): Promise<void>;
}

/**
 * Finds the local workspace of a data folder, or starts one for as long as the session lasts, and makes Terraform, the
 * CDKTF CLI and the Databricks tools use it. Everything that they leave is in the data folder.
 *
 * @throws {JobstrataError} `local-workspace` if neither terraform nor tofu is on the PATH, or the workspace cannot start
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

  // Whatever names a real workspace or its credentials must not reach the children.
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

/** State files hold secrets, and Terraform lets everybody read them who can enter the folder. */
function protectStates(folder: string): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder))
    if (name.includes(".tfstate")) chmodSync(join(folder, name), 0o600);
}
