import { invalidParameter } from "../../api-error";
import type { Store } from "../../store";
import { EXTENSIONS, FORMATS, unsupported } from "./formats";
import {
  jupyterLanguage,
  jupyterToSource,
  type Language,
  sourceToJupyter,
} from "./notebook-format";
import type { WorkspaceObject } from "./store";

/** Whether a notebook was imported, and is stored, as a Jupyter notebook. */
export function isJupyter(store: Store, { path }: WorkspaceObject): boolean {
  return jupyterLanguage(store.objects.content(path)?.toString() ?? "") !== undefined;
}

/** Exports a notebook or file. @throws {ApiError} for an unsupported format */
export function exported(
  store: Store,
  found: WorkspaceObject,
  format: (typeof FORMATS)[number],
): { content: Buffer; extension: string } {
  const content = store.objects.content(found.path) ?? Buffer.alloc(0);
  if (found.object_type === "FILE") {
    if (!["SOURCE", "AUTO", "RAW"].includes(format))
      throw invalidParameter(
        `${found.path} is a file, which can be exported as SOURCE, AUTO or RAW only (got ${format}).`,
      );
    return { content, extension: "" };
  }
  const language = (found.language ?? "PYTHON") as Language;
  const text = content.toString();
  const fromJupyter = jupyterLanguage(text) !== undefined;
  // AUTO exports the format in which the notebook was imported.
  const asJupyter =
    format === "JUPYTER" || (fromJupyter && (format === "AUTO" || format === "RAW"));
  if (!asJupyter && !["SOURCE", "AUTO", "RAW"].includes(format))
    throw unsupported("export", format, ["SOURCE", "AUTO", "JUPYTER"]);
  if (asJupyter === fromJupyter)
    return { content, extension: asJupyter ? "ipynb" : (EXTENSIONS[language] ?? "") };
  return asJupyter
    ? { content: Buffer.from(sourceToJupyter(text, language)), extension: "ipynb" }
    : {
        content: Buffer.from(jupyterToSource(text, language) ?? text),
        extension: EXTENSIONS[language] ?? "",
      };
}
