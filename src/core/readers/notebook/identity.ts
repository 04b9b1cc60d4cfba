import { posix } from "node:path";
import type { NotebookRef } from "../../model/job-spec";
import { realPath } from "../real-path";
import { notebookFile } from "./notebook-file";
import { posixRelative, withoutMount } from "../../paths";

/** A notebook in a local file. Links and spellings that lead to the same file are the same notebook. */
export function fileNotebook(file: string): NotebookRef {
  // A missing file has no real path.
  const real = realPath(file) ?? file;
  const label = posixRelative(process.cwd(), real);
  return { identity: `file:${real}`, label, file: notebookFile(real) };
}

/** A notebook in the workspace. `/Workspace/Shared/x`, `/Shared/./x/` and `/Shared/x.py` are one notebook. */
export function workspaceNotebook(path: string): NotebookRef {
  return { identity: `workspace:${workspacePath(path)}`, label: path };
}

/** The notebook that a task of the Jobs API names. @param git repository of the job, if the task uses it */
export function apiNotebook(path: string, git: { readonly url: string } | undefined): NotebookRef {
  return git === undefined ? workspaceNotebook(path) : gitNotebook(git.url, path);
}

/** A notebook in a git repository. Other branches and tags are the same notebook. */
export function gitNotebook(url: string, path: string): NotebookRef {
  return {
    identity: `git:${repository(url)}:${withoutExtension(posix.normalize(`/${path}`))}`,
    label: `${path} of ${url}`,
  };
}

/** Normalizes a workspace path: no `/Workspace`, no `.`, no extension. */
export function workspacePath(path: string): string {
  const normal = posix.normalize(path).replace(/\/+$/, "");
  return withoutExtension(withoutMount(normal));
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
