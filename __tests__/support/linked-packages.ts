import { mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";

const MODULES = resolve(__dirname, "..", "..", "node_modules");

/**
 * Makes a `node_modules` of what npm would install: the packages of this checkout, and under the names of CDKTN those of CDKTF,
 * which have the same API.
 */
export function linkPackages(folder: string): void {
  const scopes = ["@cdktf", "@jobstrata", "@swc", "@types"];
  const link = (name: string, as = name): void => {
    symlinkSync(join(MODULES, name), join(folder, as));
  };
  for (const scope of ["", ...scopes]) {
    mkdirSync(join(folder, scope), { recursive: true });
    for (const name of readdirSync(join(MODULES, scope)))
      if (scope !== "" || !(scopes.includes(name) || name === ".cache")) link(join(scope, name));
  }
  mkdirSync(join(folder, "@cdktn"));
  link("cdktf", "cdktn");
  link("@cdktf/provider-databricks", "@cdktn/provider-databricks");
  link("@jobstrata/cdktf", "@jobstrata/cdktn");
}

/** The packages of a checkout are TypeScript, some of it with JSX, which an app that uses them once built need not know. */
export const JSX_FOR_TSC = ["--jsx", "react-jsx", "--jsxImportSource", "preact"] as const;

/** The same for jest. */
export const JSX_FOR_JEST = [
  "--transform",
  JSON.stringify({
    "\\.tsx?$": [
      "@swc/jest",
      {
        jsc: {
          target: "es2022",
          parser: { syntax: "typescript", tsx: true },
          transform: { react: { runtime: "automatic", importSource: "preact" } },
        },
      },
    ],
  }),
] as const;
