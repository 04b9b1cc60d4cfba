import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { JobstrataError } from "@jobstrata/core/errors";
import { errorText, isObject, quote } from "@jobstrata/core/model";
import { type Framework, FRAMEWORKS } from "@jobstrata/core/framework";
import { JOBS, type Specifier } from "./templates";

/** The parts of `package.json` that are read. */
interface PackageJson {
  readonly name?: string;
  readonly type?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** The folder that a command works in: a CDKTF or CDKTN app, another project, or empty. */
export interface UserProject {
  readonly folder: string;
  /** Text of `package.json`, if it exists. */
  readonly manifestText: string | undefined;
  readonly manifest: PackageJson;
  /** The framework that `package.json` names. */
  readonly framework: Framework | undefined;
  /** Whether `cdktf.json` exists. */
  readonly isApp: boolean;
  /** The app file that `cdktf.json` runs. */
  readonly entry: string;
  readonly specifier: Specifier;
}

/** @throws {JobstrataError} `config` if a file cannot be read, or the app is not in TypeScript */
export function readUserProject(folder: string): UserProject {
  const manifestText = textOf(folder, "package.json");
  const manifest: PackageJson = parsed(manifestText, "package.json");
  const cdktfText = textOf(folder, "cdktf.json");
  const cdktf: { readonly language?: unknown; readonly app?: unknown } = parsed(
    cdktfText,
    "cdktf.json",
  );
  if (typeof cdktf.language === "string" && cdktf.language !== "typescript") {
    throw new JobstrataError(
      "config",
      `cdktf.json has "language": ${quote(cdktf.language)}; jobstrata's constructs are for TypeScript apps. Its check reads the cdktf.out of any language: npx jobstrata check`,
    );
  }
  const dependencies = dependenciesOf(manifest);
  const specifier: Specifier =
    manifest.type === "module" ? (path) => `${path}.js` : (path) => path.replace(/\/index$/, "");
  return {
    folder,
    manifestText,
    manifest,
    framework: FRAMEWORKS.find((name) => name in dependencies),
    isApp: cdktfText !== undefined,
    entry: entryOf(cdktf.app),
    specifier,
  };
}

/** All dependencies of a project, of any kind. */
export function dependenciesOf(manifest: PackageJson): Readonly<Record<string, string>> {
  return {
    ...manifest.optionalDependencies,
    ...manifest.peerDependencies,
    ...manifest.devDependencies,
    ...manifest.dependencies,
  };
}

/** Names of the layers created by `init` and `add`. */
export function layersOf(folder: string): string[] {
  const jobs = join(folder, JOBS);
  if (!existsSync(jobs)) return [];
  return readdirSync(jobs, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(jobs, entry.name, "layer.ts")))
    .map(({ name }) => name)
    .sort();
}

/** Text of a project file; undefined if it does not exist. */
export function textOf(folder: string, path: string): string | undefined {
  const file = join(folder, path);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

/** The TypeScript file in a command such as `npx ts-node main.ts`. */
function entryOf(command: unknown): string {
  const words = typeof command === "string" ? command.split(/\s+/) : [];
  const file = words
    .map((word) => word.replace(/^['"]|['"]$/g, ""))
    .find((word) => /\.[cm]?ts$/.test(word));
  return file?.replace(/^\.\//, "") ?? "main.ts";
}

function parsed(text: string | undefined, file: string): object {
  if (text === undefined) return {};
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ""));
  } catch (error) {
    throw new JobstrataError("config", `${file} is not valid JSON: ${errorText(error)}`);
  }
  if (isObject(value)) return value;
  throw new JobstrataError("config", `${file} must hold a JSON object`);
}
