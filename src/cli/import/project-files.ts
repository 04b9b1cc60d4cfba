import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type BaselineEntry, baselineText } from "@jobstrata/core/config";
import type { ImportFramework, Project } from "../emit";
import { packageVersion } from "../package-folder";
import { DEPENDENCIES } from "../project/framework";
import { packageName, sortedByName } from "../project/package-json";
import { cdktfJson, GITIGNORE_LINES, TSCONFIG } from "../project/templates";

/** The project's baseline, in its default location. */
const BASELINE = "jobstrata.baseline.json";
/** Lists the files that an import has written, so that the next one can remove stale ones. */
export const MANIFEST = "jobstrata.import.json";

/** Files that the import owns and rewrites whenever the source changes. */
export function ownFiles(
  project: Project,
  baseline: readonly BaselineEntry[],
  others: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const files = new Map([...project.files, ...others]);
  if (baseline.length > 0) files.set(BASELINE, baselineText(baseline));
  return files.set(MANIFEST, manifestText([...files.keys(), MANIFEST]));
}

/** Content of {@link MANIFEST}. */
export function manifestText(files: readonly string[]): string {
  return `${JSON.stringify({ version: 1, files: [...files].sort() }, undefined, 2)}\n`;
}

/** Files that a new project needs besides its jobs; existing ones are kept. */
export function settingFiles(
  folder: string,
  framework: ImportFramework,
): ReadonlyMap<string, string> {
  const name = packageName(folder);
  const { app, command, tools, node } = DEPENDENCIES[framework];
  const { tsx = "", typescript = "", "@types/node": types = "" } = tools;
  const own = `^${packageVersion()}`;
  const manifest = {
    name,
    version: "0.0.0",
    private: true,
    engines: { node },
    scripts: { synth: `${framework} synth`, check: "jobstrata check", typecheck: "tsc" },
    dependencies: sortedByName({ ...app, [`@jobstrata/${framework}`]: own }),
    devDependencies: sortedByName({
      ...command,
      "@jobstrata/local": own,
      jobstrata: own,
      tsx,
      typescript,
      "@types/node": types,
    }),
  };
  const tsconfig = TSCONFIG.replace(', "jest"', "").replace(', "__tests__"', "");
  return new Map([
    ["package.json", `${JSON.stringify(manifest, undefined, 2)}\n`],
    ["cdktf.json", cdktfJson(name)],
    ["tsconfig.json", tsconfig],
    [".gitignore", `${GITIGNORE_LINES.join("\n")}\n`],
  ]);
}

/** The files that an earlier import wrote into a folder. */
export function earlierFiles(folder: string): readonly string[] {
  const file = join(folder, MANIFEST);
  if (!existsSync(file)) return [];
  try {
    const { files } = JSON.parse(readFileSync(file, "utf8")) as { files?: unknown };
    const isInside = (path: unknown): path is string =>
      typeof path === "string" && !path.startsWith("/") && !path.split("/").includes("..");
    return Array.isArray(files) ? (files as unknown[]).filter(isInside) : [];
  } catch {
    return [];
  }
}
