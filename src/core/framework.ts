import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** The framework of an app: CDKTF, or CDKTN, its maintained fork. Its CLI has the same name. */
export type Framework = "cdktf" | "cdktn";

export const FRAMEWORKS: readonly Framework[] = ["cdktf", "cdktn"];

/** The framework that the nearest `package.json` in or above a folder names; CDKTF if none does. */
export function frameworkOf(folder: string): Framework {
  let current = resolve(folder);
  for (;;) {
    const found = namedIn(join(current, "package.json"));
    if (found !== undefined) return found;
    const parent = dirname(current);
    if (parent === current) return "cdktf";
    current = parent;
  }
}

function namedIn(file: string): Framework | undefined {
  try {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(file, "utf8")) as {
      dependencies?: object;
      devDependencies?: object;
    };
    const names = { ...devDependencies, ...dependencies };
    return FRAMEWORKS.find((name) => name in names);
  } catch {
    // A package.json that is missing or broken names no framework; npm reports a broken one.
    return undefined;
  }
}
