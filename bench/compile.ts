import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildPackages } from "../packaging/build";
import { ROOT } from "./figures";

/** Compiles the repository and builds the packages below `work`. */
export async function compile(work: string): Promise<void> {
  const tsc = require.resolve("typescript/bin/tsc");
  // The projects of the repository write types only.
  const project = join(work, "tsconfig.json");
  const compilerOptions = {
    composite: false,
    declaration: false,
    emitDeclarationOnly: false,
    lib: ["ES2023", "DOM", "DOM.Iterable", "DOM.AsyncIterable"],
    types: ["node", "jest"],
    rootDir: ROOT,
    outDir: join(work, "js"),
  };
  const include = ["main.ts", "bench", "packaging", "src", "__tests__"].map((name) =>
    join(ROOT, name),
  );
  const exclude = [join(ROOT, "**", "node_modules")];
  writeFileSync(
    project,
    JSON.stringify({
      extends: join(ROOT, "tsconfig.base.json"),
      compilerOptions,
      include,
      exclude,
    }),
  );
  execFileSync(process.execPath, [tsc, "-p", project], { stdio: "inherit" });
  // What is measured is what users install.
  await buildPackages(join(work, "js", "node_modules"));
}
