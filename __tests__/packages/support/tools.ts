import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { lock } from "../../../src/local/execute/engine";
import { CACHE } from "./packed";
import { run } from "./run";

/** Programs that tests of packages need, from the registry; none of them has an install script. */
const NODE = "22.23.5";
const PNPM = "10.34.8";
/** The first Node that cdktn supports. */
const LEAST = [22, 19] as const;

const NODE_PACKAGE = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;

export interface Tools {
  /** A Node that runs cdktn: this one, if it is new enough. */
  readonly node22: string;
  /** The program of pnpm, to be run by Node. */
  readonly pnpm: string;
}

let tools: Promise<Tools> | undefined;

/** The programs, installed in the cache of the repository first if they are not. */
export const packageTools = (): Promise<Tools> => (tools ??= install());

async function install(): Promise<Tools> {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const isNew = major > LEAST[0] || (major === LEAST[0] && minor >= LEAST[1]);
  const wanted = { pnpm: PNPM, ...(isNew ? {} : { [NODE_PACKAGE]: NODE }) };
  const manifest = JSON.stringify({ private: true, dependencies: wanted });
  const digest = createHash("sha256").update(manifest).digest("hex").slice(0, 12);
  const folder = join(CACHE, `jobstrata-tools-${digest}`);
  mkdirSync(CACHE, { recursive: true });
  const unlock = await lock(join(CACHE, "jobstrata-tools.lock"), () => undefined);
  try {
    if (!existsSync(folder)) {
      for (const name of readdirSync(CACHE))
        if (name.startsWith("jobstrata-tools-")) rmSync(join(CACHE, name), { recursive: true });
      const draft = join(CACHE, "jobstrata-tools-draft");
      rmSync(draft, { recursive: true, force: true });
      mkdirSync(draft);
      writeFileSync(join(draft, "package.json"), manifest);
      const installed = await run(
        ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"],
        { cwd: draft },
      );
      if (installed.code !== 0) throw new Error(installed.text);
      renameSync(draft, folder);
    }
  } finally {
    unlock();
  }
  const modules = join(folder, "node_modules");
  return {
    node22: isNew ? process.execPath : join(modules, NODE_PACKAGE, "bin", "node"),
    pnpm: join(modules, "pnpm", "bin", "pnpm.cjs"),
  };
}

/** Environment in which `node` is this one. */
export function withNode(node: string): NodeJS.ProcessEnv {
  return { PATH: `${dirname(node)}:${process.env.PATH ?? ""}` };
}
