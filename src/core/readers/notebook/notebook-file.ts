import { dirname, isAbsolute, resolve } from "node:path";
import type { NotebookFile, NotebookWidgets } from "../../model/job-spec";
import { FileOfCode } from "../code/code-file";
import { cached, type RecordedFiles } from "../code/recorded-files";
import { isFile } from "../code/source-files";
import { notebookWidgets } from "./widgets";

/**
 * Describes the file of a notebook; read on first use.
 *
 * @param file with its extension, as a bundle or an upload names it
 */
export function notebookFile(file: string): NotebookFile {
  let widgets: NotebookWidgets | undefined;
  let read = false;
  return {
    get exists() {
      return isFile(file);
    },
    get widgets() {
      if (!read) widgets = cached(`widgets ${file}`, (files) => readWidgets(file, files));
      read = true;
      return widgets;
    },
    code: new FileOfCode(file),
  };
}

/** @param within the notebooks that run this one; ends recursion */
function readWidgets(
  file: string,
  files: RecordedFiles,
  within: readonly string[] = [],
): NotebookWidgets | undefined {
  const [, extension = ""] = /\.([a-z]+)$/i.exec(file) ?? [];
  const source = files.read(file);
  if (source === undefined) return undefined;
  return notebookWidgets(source, extension, (path) => {
    const found = notebookAt(file, path, files);
    const known = [...within, file];
    if (found === undefined || known.length > MAX_RUN_DEPTH) return undefined;
    return known.includes(found) ? NO_WIDGETS : readWidgets(found, files, known);
  });
}

/** Resolves the path of a `%run`; undefined for a notebook of the workspace or a missing one. */
function notebookAt(file: string, path: string, files: RecordedFiles): string | undefined {
  if (path === "" || isAbsolute(path)) return undefined;
  const base = resolve(dirname(file), path);
  return ["", ".py", ".ipynb", ".sql", ".scala", ".r", ".R"]
    .map((extension) => base + extension)
    .find((candidate) => files.exists(candidate));
}

/** Deeper than in any notebook written by hand. */
const MAX_RUN_DEPTH = 10;
const NO_WIDGETS: NotebookWidgets = { reads: [], declares: [], open: false };
