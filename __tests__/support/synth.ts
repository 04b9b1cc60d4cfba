import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type AppProps, App, JobstrataError } from "@jobstrata/cdktf";

/** Attributes of one block of Terraform's JSON configuration. */
export type Attributes = Record<string, unknown>;

/** One `cdk.tf.json`. */
export interface TerraformJson {
  readonly "//": { readonly outputs?: Record<string, Record<string, unknown>> };
  readonly resource?: Record<string, Record<string, Attributes>>;
  readonly data?: Record<string, Record<string, Attributes>>;
  readonly output?: Record<string, Attributes>;
  readonly variable?: Record<string, Attributes>;
  readonly provider?: Record<string, Attributes[]>;
  readonly terraform: { readonly backend: Record<string, Attributes> };
  readonly moved?: Attributes[];
  readonly import?: Attributes[];
}

/** What `app.synth()` left in its output folder. */
export interface Synthesized {
  readonly outdir: string;
  readonly stacks: Readonly<Record<string, TerraformJson>>;
  /** Names of the stacks that each stack depends on. */
  readonly dependencies: Readonly<Record<string, readonly string[]>>;
  /** The whole text of every stack's configuration, for what must not be in it. */
  readonly text: string;
  /** The configuration of one stack. */
  readonly stack: (name: string) => TerraformJson;
  /** The arguments of a job, wherever it is, without the metadata of cdktf. */
  readonly job: (key: string) => Attributes;
}

interface Manifest {
  readonly stacks: Record<
    string,
    { readonly synthesizedStackPath: string; readonly dependencies: string[] }
  >;
}

const folders: string[] = [];

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A new folder that is gone after the tests of the file. */
export function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "jobstrata-"));
  folders.push(folder);
  return folder;
}

/** Writes files, by their path, below a new folder. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = freshFolder();
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

/** Runs `action` with another working folder. */
export function inFolder<T>(folder: string, action: () => T): T {
  const before = process.cwd();
  process.chdir(folder);
  try {
    return action();
  } finally {
    process.chdir(before);
  }
}

/** Lets `build` fill an app, synthesizes it into a new folder and reads back what Terraform would get. */
export function synthesize(build: (app: App) => void, props: AppProps = {}): Synthesized {
  const app = new App({ outdir: freshFolder(), ...props });
  build(app);
  app.synth();
  return readOutput(app.outdir);
}

/** Reads what a synthesis left in `outdir`. */
export function readOutput(outdir: string): Synthesized {
  const manifest = JSON.parse(readFileSync(join(outdir, "manifest.json"), "utf8")) as Manifest;
  const entries = Object.entries(manifest.stacks);
  const texts = entries.map(([, { synthesizedStackPath }]) =>
    readFileSync(join(outdir, synthesizedStackPath), "utf8"),
  );
  const stacks = Object.fromEntries(
    entries.map(([name], at) => [name, JSON.parse(texts[at] ?? "") as TerraformJson]),
  );
  return {
    outdir,
    stacks,
    dependencies: Object.fromEntries(
      entries.map(([name, { dependencies }]) => [name, dependencies]),
    ),
    text: texts.join("\n"),
    stack(name) {
      const config = stacks[name];
      if (config === undefined)
        throw new Error(`no stack ${name} in ${Object.keys(stacks).join()}`);
      return config;
    },
    job(key) {
      for (const { resource } of Object.values(stacks)) {
        const job = resource?.databricks_job?.[key];
        if (job === undefined) continue;
        return Object.fromEntries(Object.entries(job).filter(([name]) => name !== "//"));
      }
      throw new Error(`no job ${key}`);
    },
  };
}

/** What went wrong: the error of this library that `action` throws. */
export function errorOf(action: () => unknown): JobstrataError {
  try {
    action();
  } catch (error) {
    if (error instanceof JobstrataError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

/** The message without the line of the test that caused it, which changes with every edit. */
export function messageOf(action: () => unknown): string {
  return errorOf(action).message.replaceAll(/ \(\S*__tests__\/[^)]*:\d+\)/g, " (<source line>)");
}
