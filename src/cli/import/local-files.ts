import { posixRelative } from "@jobstrata/core/paths";
import { isSourceNotebook } from "@jobstrata/core/notebook-file";
import { statSync } from "node:fs";
import { extname, resolve } from "node:path";
import type { LocalFile } from "../emit";

/**
 * Finds the local files that a source refers to.
 *
 * @param folder that paths of the source are relative to
 * @param project folder of the project
 */
export function localFilesOf(
  folder: string | undefined,
  project: string,
): (path: string) => LocalFile | undefined {
  const known = new Map<string, LocalFile | undefined>();
  return (path) => {
    if (folder === undefined && !path.startsWith("/")) return undefined;
    const file = resolve(folder ?? "/", path);
    if (!known.has(file)) known.set(file, localFile(file, project));
    return known.get(file);
  };
}

function localFile(file: string, project: string): LocalFile | undefined {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  const path = posixRelative(project, file) || ".";
  if (stats.isDirectory()) return { path, kind: "folder" };
  return { path, kind: isNotebook(file) ? "notebook" : "file" };
}

function isNotebook(file: string): boolean {
  return extname(file).toLowerCase() === ".ipynb" || isSourceNotebook(file);
}
