import { spawn } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
} from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { JobstrataError } from "@jobstrata/core/errors";
import { printable, quote } from "@jobstrata/core/model";
import { type Git, GitFailed } from "../git/git";
import { checkOut } from "../git/revision";

/** Lock files, each with the command that installs exactly its packages. */
const LOCKS: Readonly<Record<string, string>> = {
  "package-lock.json": "npm ci --no-audit --no-fund",
  "npm-shrinkwrap.json": "npm ci --no-audit --no-fund",
  "yarn.lock": "yarn install --immutable || yarn install --frozen-lockfile",
  "pnpm-lock.yaml": "pnpm install --frozen-lockfile",
  "bun.lock": "bun install --frozen-lockfile",
};
/** Maximum characters kept from the end of a command's output. */
const MAX_OUTPUT = 4000;

/** An app at a commit, in a temporary folder. */
interface AppAtCommit {
  /** The copy of the work tree. */
  readonly root: string;
  /** The synthesis output folder. */
  readonly outdir: string;
}

/**
 * Synthesizes an app in a copy of a commit, with the packages from that commit's lock file. Installs them only if the lock file
 * has changed since.
 *
 * @param app the folder with cdktf.json
 * @param temporary an empty folder, removed by the caller
 * @throws {JobstrataError} `source` if it cannot be synthesized
 */
export async function synthesizeAt(
  git: Git,
  commit: string,
  app: string,
  temporary: string,
  signal?: AbortSignal,
): Promise<AppAtCommit> {
  const root = await checkOut(git, commit, temporary, { isRead: () => true });
  await checkOutSubmodules(git, commit, root, temporary);
  const folder = join(root, relative(git.folder, app));
  const config = configOf(folder);
  await providePackages(git.folder, app, root, signal);
  linkIfMissing(join(app, config.codeMakerOutput), join(folder, config.codeMakerOutput));
  const outdir = join(temporary, "cdktf.out");
  const env = { CDKTF_OUTDIR: outdir, CDKTF_CONTEXT_JSON: JSON.stringify(config.context) };
  await runShell(config.app, folder, env, signal);
  if (!existsSync(join(outdir, "manifest.json")))
    throw new JobstrataError("source", `${quote(config.app)} wrote no stacks`);
  return { root, outdir };
}

interface AppConfig {
  readonly app: string;
  readonly codeMakerOutput: string;
  readonly context: unknown;
}

function configOf(folder: string): AppConfig {
  let config: Readonly<Record<string, unknown>> = {};
  try {
    config = JSON.parse(readFileSync(join(folder, "cdktf.json"), "utf8")) as typeof config;
  } catch {
    // Reported below.
  }
  const { app, codeMakerOutput, context } = config;
  if (typeof app !== "string" || app === "")
    throw new JobstrataError("source", "its cdktf.json does not exist, or has no app");
  const output = typeof codeMakerOutput === "string" ? codeMakerOutput : ".gen";
  return { app, codeMakerOutput: output, context: context ?? {} };
}

/** Checks out submodules whose commits are available locally. */
async function checkOutSubmodules(
  git: Git,
  commit: string,
  root: string,
  temporary: string,
): Promise<void> {
  const list = await git.run(["ls-tree", "-r", "-z", "--full-tree", commit]);
  for (const [at, line] of list.split("\0").entries()) {
    const [, hash, path] = /^160000 commit ([0-9a-f]+)\t(.+)$/s.exec(line) ?? [];
    if (hash === undefined || path === undefined) continue;
    const own = join(git.folder, path);
    if (!existsSync(join(own, ".git"))) continue;
    try {
      const inside = join(temporary, `submodule-${at}`);
      mkdirSync(inside);
      const from = await checkOut(git.in(own), hash, inside, { isRead: () => true });
      for (const name of existsSync(from) ? readdirSync(from) : [])
        linkIfMissing(join(from, name), join(root, path, name));
    } catch (error) {
      // If the app needs the submodule, its own error tells.
      if (!(error instanceof GitFailed)) throw error;
    }
  }
}

/** Links the work tree's packages if the lock file is unchanged; otherwise installs those of the commit's lock file. */
async function providePackages(
  repository: string,
  app: string,
  root: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let at = app; ; at = dirname(at)) {
    const there = join(root, relative(repository, at));
    const lock = Object.keys(LOCKS).find((name) => existsSync(join(there, name)));
    const isSame = Object.keys(LOCKS).every(
      (name) => textOf(join(at, name)) === textOf(join(there, name)),
    );
    const packages = join(at, "node_modules");
    if (isSame && existsSync(packages))
      linkPackages(packages, join(there, "node_modules"), repository, root);
    else if (lock !== undefined) await runShell(LOCKS[lock] ?? "", there, {}, signal);
    if (at === repository || dirname(at) === at) return;
  }
}

const textOf = (file: string): string | undefined =>
  existsSync(file) ? readFileSync(file, "utf8") : undefined;

/** Links packages one by one; the repository's own packages link to the copy. */
function linkPackages(from: string, to: string, repository: string, root: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) {
    const path = join(from, name);
    if (name.startsWith("@") && !lstatSync(path).isSymbolicLink()) {
      linkPackages(path, join(to, name), repository, root);
      continue;
    }
    let real: string;
    try {
      real = realpathSync(path);
    } catch {
      continue;
    }
    const way = relative(repository, real);
    const isOwn =
      way !== ".." && !way.startsWith(`..${sep}`) && !way.split(sep).includes("node_modules");
    linkIfMissing(isOwn ? join(root, way) : real, join(to, name));
  }
}

function linkIfMissing(from: string, to: string): void {
  if (!existsSync(from) || existsSync(to)) return;
  mkdirSync(dirname(to), { recursive: true });
  // On Windows, junctions need no special permission, unlike other links to folders.
  symlinkSync(from, to, lstatSync(from).isDirectory() ? "junction" : "file");
}

/** Runs a command of the project. The signal ends it, including its child processes. */
async function runShell(
  command: string,
  folder: string,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith("GIT_"));
  let output = "";
  const code = await new Promise<number | undefined>((done, fail) => {
    const child = spawn(command, {
      cwd: folder,
      shell: true,
      env: { ...Object.fromEntries(own), CI: "true", FORCE_COLOR: "0", ...env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: process.platform !== "win32",
    });
    const note = (data: Buffer): void => {
      output = `${output}${data.toString()}`.slice(-MAX_OUTPUT);
    };
    child.stdout.on("data", note);
    child.stderr.on("data", note);
    const stop = (): void => {
      try {
        if (child.pid !== undefined)
          process.kill(process.platform === "win32" ? child.pid : -child.pid, "SIGTERM");
      } catch {
        // Already ended.
      }
    };
    signal?.addEventListener("abort", stop, { once: true });
    if (signal?.aborted === true) stop();
    child.once("error", fail);
    child.once("close", (status) => {
      signal?.removeEventListener("abort", stop);
      done(status ?? undefined);
    });
  });
  if (signal?.aborted === true) throw new JobstrataError("source", "interrupted");
  if (code === 0) return;
  const said = output
    .split("\n")
    .map((line) => printable(line.trim()))
    .filter((line) => line !== "" && !line.startsWith("at "));
  const shown =
    said.find((line) => /^\w*Error\b|^error\b/i.test(line)) ??
    said.find((line) => /error/i.test(line)) ??
    said.at(-1) ??
    "";
  throw new JobstrataError(
    "source",
    `${quote(command)} failed there with exit code ${code ?? "unknown"}: ${shown.slice(0, 400)}`,
  );
}

/** The closest folder with cdktf.json, from the output folder upwards. */
export function appFolder(outdir: string): string | undefined {
  for (let at = resolve(outdir); ; at = dirname(at)) {
    if (existsSync(join(at, "cdktf.json"))) return at;
    if (dirname(at) === at) return undefined;
  }
}
