import { posix } from "node:path";
import type { NotebookRef } from "../../model/job-spec";
import { realPath } from "../real-path";
import { notebookFile } from "./notebook-file";
import { posixRelative } from "../../paths";

/** A notebook in a file of this machine. Links and spellings of the path that lead to one file are one notebook. */
export function fileNotebook(file: string): NotebookRef {
  // A file that is not there has only its spelling.
  const real = realPath(file) ?? file;
  const label = posixRelative(process.cwd(), real);
  return { identity: `file:${real}`, label, file: notebookFile(real) };
}

/** A notebook in the workspace. `/Workspace/Shared/x`, `/Shared/./x/` and `/Shared/x.py` are one notebook. */
export function workspaceNotebook(path: string): NotebookRef {
  return { identity: `workspace:${workspacePath(path)}`, label: path };
}

/** A notebook in a git repository; at another branch or tag it is still the same notebook. */
export function gitNotebook(url: string, path: string): NotebookRef {
  return {
    identity: `git:${repository(url)}:${withoutExtension(posix.normalize(`/${path}`))}`,
    label: `${path} of ${url}`,
  };
}

/** One spelling for every path that the workspace takes to be the same: no `/Workspace`, no `.`, no extension. */
export function workspacePath(path: string): string {
  const normal = posix.normalize(path).replace(/\/+$/, "");
  return withoutExtension(normal.replace(/^\/Workspace(?=\/)/, ""));
}

function withoutExtension(path: string): string {
  return path.replace(/\.(py|ipynb|sql|scala|r)$/i, "");
}

/** `https://host/org/repo.git`, `git@host:org/repo` and `ssh://git@host/org/repo/` are one repository. */
function repository(url: string): string {
  return url
    .trim()
    .replace(/^[a-z+]+:\/\//i, "")
    .replace(/^[^@/]*@/, "")
    .replace(/^([^/:]+):(?!\d+\/)/, "$1/")
    .replace(/(?<!\/)\/+$/, "")
    .replace(/\.git$/, "")
    .toLowerCase();
}
