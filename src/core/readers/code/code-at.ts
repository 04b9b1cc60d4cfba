import { statSync } from "node:fs";
import type { CodeFile } from "../../model/lineage";
import { FileOfCode } from "./code-file";
import { DbtProject } from "./dbt-project";

/** The code at a path: a file, which need not exist, or the folder of a dbt project. */
export function codeAt(path: string): CodeFile {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  return isFolder ? new DbtProject(path) : new FileOfCode(path);
}
