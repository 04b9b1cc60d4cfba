import { dirname, isAbsolute, resolve } from "node:path";
import type { NotebookFile, NotebookWidgets } from "../../model/job-spec";
import { FileOfCode } from "../code/code-file";
import { cached, type RecordedFiles } from "../code/recorded-files";
import { isFile } from "../code/source-files";
import { notebookWidgets } from "./widgets";

/**
 * What there is to know of a notebook's file; it is read when first asked for.
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

/** @param within the notebooks that run this one, which would otherwise be read forever */
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

/** The file of the notebook that `%run` names in `file`; undefined for one of the workspace, or if there is none. */
function notebookAt(file: string, path: string, files: RecordedFiles): string | undefined {
  if (path === "" || isAbsolute(path)) return undefined;
  const base = resolve(dirname(file), path);
  return ["", ".py", ".ipynb", ".sql", ".scala", ".r", ".R"]
    .map((extension) => base + extension)
    .find((candidate) => files.exists(candidate));
}

/** No notebook that people write runs others deeper. */
const MAX_RUN_DEPTH = 10;
const NO_WIDGETS: NotebookWidgets = { reads: [], declares: [], open: false };
