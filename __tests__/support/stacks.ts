import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Job, type JobConfig } from "@cdktf/provider-databricks/lib/job";
import { DatabricksProvider } from "@cdktf/provider-databricks/lib/provider";
import { type App, TerraformStack } from "cdktf";
import type { Construct } from "constructs";

/** A stack as people write it without this library. */
export function plainStack(app: App, id: string): TerraformStack {
  const stack = new TerraformStack(app, id);
  new DatabricksProvider(stack, "databricks");
  return stack;
}

/** A hand-written atomic job that keeps to the hierarchy, but for what is given. */
export function atomicL1(
  scope: Construct,
  id: string,
  notebookPath: string,
  over: JobConfig = {},
): Job {
  return new Job(scope, id, {
    name: id,
    tags: { job_level: "atomic" },
    environment: [{ environmentKey: "default", spec: { environmentVersion: "4" } }],
    task: [{ taskKey: "run", environmentKey: "default", notebookTask: { notebookPath } }],
    ...over,
  });
}

/** An output folder that is removed after each test. */
export function useOutdir(): { readonly path: string } {
  const outdir = { path: "" };
  beforeEach(() => {
    outdir.path = mkdtempSync(join(tmpdir(), "jobstrata-test-"));
  });
  afterEach(() => {
    rmSync(outdir.path, { recursive: true, force: true });
  });
  return outdir;
}

/** Leaves what an earlier good synthesis would have left: a stack of this app, and one that is gone since. */
export function leaveOldOutput(outdir: string, ...stacks: string[]): void {
  for (const stack of [...stacks, "removed-since"]) {
    mkdirSync(join(outdir, "stacks", stack), { recursive: true });
    writeFileSync(join(outdir, "stacks", stack, "cdk.tf.json"), "{}");
    writeFileSync(join(outdir, "stacks", stack, "cdk.tf"), "");
  }
  writeFileSync(join(outdir, "manifest.json"), "{}");
}

/** Everything in an output folder that Terraform or the CLI could use. */
export function plannable(outdir: string): string[] {
  const stacks = join(outdir, "stacks");
  const files = existsSync(stacks)
    ? readdirSync(stacks).flatMap((stack) =>
        readdirSync(join(stacks, stack))
          .filter((file) => file.startsWith("cdk.tf"))
          .map((file) => `${stack}/${file}`),
      )
    : [];
  return [...files, ...readdirSync(outdir).filter((file) => file === "manifest.json")].sort();
}

/** The message of what `action` throws; fails if it throws nothing. */
export function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("nothing was thrown");
}
