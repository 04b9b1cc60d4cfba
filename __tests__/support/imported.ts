import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import type { Io } from "../../src/cli/io";
import { linkPackages } from "./linked-packages";

/** What a command said. */
export interface Said extends Io {
  readonly lines: string[];
  readonly errors: string[];
}

export function listener(): Said {
  const lines: string[] = [];
  const errors: string[] = [];
  return {
    lines,
    errors,
    exitCode: 0,
    out: (line) => lines.push(...line.split("\n")),
    err: (line) => errors.push(...line.split("\n")),
  };
}

/** Synthesizes projects below `root` in one process, each in its folder; gives what each that failed said. */
export function synthesizeProjects(root: string, projects: readonly string[]): readonly string[] {
  mkdirSync(join(root, "node_modules"), { recursive: true });
  linkPackages(join(root, "node_modules"));
  const script = join(root, "synthesize.js");
  writeFileSync(
    script,
    `const failed = [];
for (const folder of ${JSON.stringify(projects)}) {
  process.chdir(folder);
  try {
    require(folder + "/main.ts");
  } catch (error) {
    failed.push(folder + ": " + error.message);
  }
}
require("fs").writeFileSync(${JSON.stringify(join(root, "failed.json"))}, JSON.stringify(failed));
`,
  );
  const loader = join(__dirname, "..", "..", "packaging", "typescript.js");
  const { status, stderr } = spawnSync(process.execPath, ["-r", loader, script], {
    cwd: root,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(readFileSync(join(root, "failed.json"), "utf8")) as string[];
}
