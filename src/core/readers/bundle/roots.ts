import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { isInside } from "../../paths";
import type { Places, Value, ValueMap } from "./yaml-file";

/** The git work tree that contains a folder. */
export function repositoryOf(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, ".git"))) return at;
    if (dirname(at) === at) return undefined;
  }
}

/**
 * The folder that the Databricks CLI uploads: the innermost folder that contains the bundle and all `sync.paths`, each
 * relative to the file that contains it.
 */
export function syncRootOf(folder: string, sync: Value, places: Places): string {
  if (typeof sync !== "object" || sync === null || Array.isArray(sync)) return folder;
  const { paths } = sync as ValueMap;
  let root = folder;
  for (const [at, path] of (Array.isArray(paths) ? (paths as readonly Value[]) : []).entries()) {
    if (typeof path !== "string") continue;
    const from = places.fileOf(sync, ["paths", at]);
    const target = resolve(from === undefined ? folder : dirname(from), path);
    while (!isInside(root, target) && dirname(root) !== root) root = dirname(root);
  }
  return root;
}
