import type { Notebook, WorkspaceFile } from "../../execute/executor";
import type { Store } from "../../store";
import { canonical } from "./paths";

/** The notebook at a path as a task or `%run` names it, if there is one. */
export function readNotebook(store: Store, path: string): Notebook | undefined {
  let place: string;
  try {
    place = canonical(path);
  } catch {
    return undefined;
  }
  const found = store.objects.get(place);
  if (found?.object_type !== "NOTEBOOK") return undefined;
  const source = store.objects.content(place)?.toString() ?? "";
  return { path, language: found.language ?? "PYTHON", source };
}

/** The file at a path as a task names it, if there is one; notebooks are none. */
export function readFile(store: Store, path: string): WorkspaceFile | undefined {
  let place: string;
  try {
    place = canonical(path);
  } catch {
    return undefined;
  }
  if (store.objects.get(place)?.object_type !== "FILE") return undefined;
  return { path, content: store.objects.content(place) ?? Buffer.alloc(0) };
}

/** The files, no notebooks, in a folder and in the folders below it. */
export function* readFiles(store: Store, folder: string): Generator<WorkspaceFile> {
  for (const { path, object_type } of store.objects.children(canonical(folder))) {
    if (object_type === "DIRECTORY") yield* readFiles(store, path);
    else if (object_type === "FILE")
      yield { path, content: store.objects.content(path) ?? Buffer.alloc(0) };
  }
}
