import type { Notebook, WorkspaceFile } from "../../execute/executor";
import type { Store } from "../../store";
import { canonical } from "./paths";

/** Reads a notebook by the path in a task or `%run`; undefined if it does not exist. */
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

/** Reads a file by the path in a task; undefined if it does not exist or is a notebook. */
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

/** Reads all files below a folder, except notebooks. */
export function* readFiles(store: Store, folder: string): Generator<WorkspaceFile> {
  for (const { path, object_type } of store.objects.children(canonical(folder))) {
    if (object_type === "DIRECTORY") yield* readFiles(store, path);
    else if (object_type === "FILE")
      yield { path, content: store.objects.content(path) ?? Buffer.alloc(0) };
  }
}
