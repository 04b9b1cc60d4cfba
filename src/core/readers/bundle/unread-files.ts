import { type Dirent, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { quote } from "../../model/text";
import type { ReadProblem } from "../reading";
import { realPath } from "../real-path";
import { posixRelative, relativePath } from "../../paths";
import { BUNDLE_SCHEMA } from "./bundle-schema";
import { isValueMap, type Value, type ValueMap } from "./yaml-file";

const ROOT_FILE = /^(?:databricks|bundle)\.ya?ml$/;
/** Folders of tools and of other projects. */
const SKIPPED = new Set([
  "node_modules",
  "dist",
  "build",
  "target",
  "venv",
  "env",
  "__pycache__",
  "site-packages",
]);
const MAX_FOLDERS = 2000;
const MAX_SIZE = 2 ** 19;

/**
 * Finds files in a bundle's folder that look like parts of it but are not included, so their definitions are not
 * deployed.
 *
 * @param read real paths of the included files
 */
export function unreadFiles(
  folder: string,
  read: ReadonlySet<string>,
  { include }: ValueMap,
): ReadProblem[] {
  const byFolder = new Map<string, { readonly path: string; readonly what: string }[]>();
  for (const path of yamlFiles(folder)) {
    const what = read.has(realPath(path, false) ?? path) ? undefined : definedIn(path);
    if (what === undefined) continue;
    const [top = ""] = relative(folder, path).split(sep);
    byFolder.set(top, [...(byFolder.get(top) ?? []), { path, what }]);
  }
  return [...byFolder.values()].flatMap((files) => {
    const [first] = files;
    // Report a folder with many such files once: they may be generated, tests or archived.
    if (first !== undefined && files.length > MAX_SINGLE)
      return [problemOf(folder, first.path, include, files.length)];
    return files.map(({ path, what }) => problemOf(folder, path, include, what));
  });
}

/** @param what the file defines, or the number of such files in its folder */
function problemOf(
  folder: string,
  path: string,
  include: Value,
  what: string | number,
): ReadProblem {
  const name = posixRelative(folder, path);
  const [top = ""] = name.split("/");
  return {
    rule: "unread-file",
    severity: "warning",
    message:
      typeof what === "string"
        ? `nothing in ${quote(relativePath(path))} is deployed, as no include finds it: ${what}`
        : `${what} files in ${quote(relativePath(join(folder, top)))} define resources that are not deployed, as no include finds them; the first is ${quote(relativePath(path))}`,
    fix: fixOf(name, include),
    location: { file: relativePath(path), line: 1 },
  };
}

/** Maximum files of a folder to report individually. */
const MAX_SINGLE = 5;

function fixOf(name: string, include: Value): string {
  const patterns = Array.isArray(include) ? (include as readonly Value[]) : [];
  const deep = patterns.find(
    (pattern) =>
      typeof pattern === "string" &&
      pattern.includes("**") &&
      name.startsWith(pattern.slice(0, pattern.indexOf("*"))),
  );
  return typeof deep === "string"
    ? `name it in include; in ${quote(deep)}, ** stands for exactly one folder`
    : `name it in include, such as ${quote(name)}, or remove it`;
}

/** YAML files below a folder, without those of nested bundles. */
function yamlFiles(folder: string): string[] {
  const files: string[] = [];
  const folders = [folder];
  for (let at = 0; at < folders.length && at < MAX_FOLDERS; at++) {
    const parent = folders[at] ?? "";
    const entries = entriesOf(parent);
    if (parent !== folder && entries.some(({ name }) => ROOT_FILE.test(name))) continue;
    for (const entry of entries) {
      const { name } = entry;
      if (entry.isDirectory()) {
        if (!name.startsWith(".") && !SKIPPED.has(name) && !name.includes("{{"))
          folders.push(join(parent, name));
      } else if (/\.ya?ml$/.test(name) && entry.isFile()) files.push(join(parent, name));
    }
  }
  return files;
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
}

/** Describes the bundle definitions in a file; undefined if there are none. */
function definedIn(path: string): string | undefined {
  try {
    if (statSync(path).size > MAX_SIZE) return undefined;
    const text = readFileSync(path, "utf8");
    if (!/^(?:resources|targets):/m.test(text)) return undefined;
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- most bundles have no such file
    const { parseDocument } = require("yaml") as typeof import("yaml");
    const value = parseDocument(text, { logLevel: "silent" }).toJS() as Value;
    const resources = isValueMap(value) ? value.resources : undefined;
    const names = Object.entries(isValueMap(resources) ? resources : {}).flatMap(
      ([type, entries]) =>
        TYPES.has(type) && isValueMap(entries)
          ? Object.keys(entries).map((key) => `resources.${type}.${key}`)
          : [],
    );
    if (names.length === 0) return undefined;
    const more = names.length > 3 ? ` and ${names.length - 3} more` : "";
    return `${names.slice(0, 3).join(", ")}${more}`;
  } catch {
    return undefined;
  }
}

/** Resource types in the bundle schema. */
const TYPES = new Set(
  (BUNDLE_SCHEMA.Resources ?? "").split(" ").map((field) => field.replace(/!?:.*$/, "")),
);
