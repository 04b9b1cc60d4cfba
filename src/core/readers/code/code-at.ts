import { statSync } from "node:fs";
import type { CodeFile } from "../../model/lineage";
import { FileOfCode } from "./code-file";
import { DbtProject } from "./dbt-project";

/** The code at a path: a file, which need not exist, or the folder of a dbt project. */
export function codeAt(path: string): CodeFile {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  return isFolder ? new DbtProject(path) : new FileOfCode(path);
}

/**
 * The same code in another folder.
 *
 * @param move the new path of a file or folder; undefined if it stays where it is
 */
export function movedCode(code: CodeFile, move: (path: string) => string | undefined): CodeFile {
  if (code instanceof FileOfCode) {
    const path = move(code.file);
    return path === undefined ? code : new FileOfCode(path);
  }
  if (code instanceof DbtProject) {
    const path = move(code.folder);
    return path === undefined ? code : new DbtProject(path);
  }
  return code;
}
