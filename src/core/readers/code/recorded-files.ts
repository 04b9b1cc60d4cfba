import type { LineageFiles } from "../../lineage";
import { CODE_CACHE } from "./code-cache";
import { isFile, SOURCE_FILES } from "./source-files";

/** Records the files and folders that an analysis reads. */
export class RecordedFiles implements LineageFiles {
  /** `file PATH` and `folder PATH`, each with the hash of its content. */
  public readonly used = new Map<string, string>();

  public read(file: string): string | undefined {
    this.#note(`file ${file}`);
    return SOURCE_FILES.read(file);
  }

  public exists(file: string): boolean {
    this.#note(`file ${file}`);
    return isFile(file);
  }

  public names(folder: string): ReadonlySet<string> | undefined {
    this.#note(`folder ${folder}`);
    return SOURCE_FILES.names(folder);
  }

  public label(file: string): string {
    return SOURCE_FILES.label(file);
  }

  #note(id: string): void {
    if (!this.used.has(id)) this.used.set(id, SOURCE_FILES.hashOf(id));
  }
}

/** Returns the cached result of a key. Calls `find` if there is none, or if a file it depends on has changed. */
export function cached<Found>(key: string, find: (files: RecordedFiles) => Found): Found {
  const known = CODE_CACHE.get(key);
  if (known !== undefined) return known.value as Found;
  const files = new RecordedFiles();
  const found = find(files);
  CODE_CACHE.set(key, found, files.used);
  return found;
}
