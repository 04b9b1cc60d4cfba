import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { readStackMetadata } from "@jobstrata/core/readers";
import { contentOf, type FileChange, type FileChanges, isSameContent } from "./file-changes";

/** Asset copies in a synthesis output folder, by source file. */
function assetsOf(outdir: string): Map<string, string> {
  const assets = new Map<string, string>();
  for (const [stack, metadata] of readStackMetadata(outdir))
    for (const [path, source] of metadata.assets)
      assets.set(source, join(outdir, "stacks", stack, path));
  return assets;
}

/** Whether an output folder holds asset copies with known sources. */
export const hasAssets = (outdir: string): boolean => assetsOf(resolve(outdir)).size > 0;

/** An app's uploaded files, compared with the copies in the base's synthesis output. */
export class AssetChanges implements FileChanges {
  public readonly root: string;
  /** Copies at the base, by the current path of their source. */
  readonly #before = new Map<string, string>();
  readonly #uploaded: ReadonlySet<string>;
  readonly #names = new Map<string, Set<string>>();

  /**
   * @param from the base's output folder
   * @param to the app's current output folder
   */
  public constructor(from: string, to: string) {
    this.root = dirname(to);
    this.#uploaded = new Set(assetsOf(to).keys());
    for (const [source, copy] of assetsOf(from)) {
      // Sources recorded in a copy of the project, such as a checkout of the base, are mapped by relative path.
      const path = this.#uploaded.has(source) ? source : resolve(to, relative(from, source));
      this.#before.set(path, copy);
    }
    for (const path of this.#paths())
      for (let at = path; at.length > this.root.length; at = dirname(at)) {
        const names = this.#names.get(dirname(at)) ?? new Set();
        this.#names.set(dirname(at), names);
        names.add(basename(at));
      }
  }

  #paths(): Set<string> {
    return new Set([...this.#before.keys(), ...this.#uploaded]);
  }

  public changeOf(path: string): FileChange | undefined {
    const copy = this.#before.get(path);
    const was = copy === undefined ? undefined : contentOf(copy);
    const is = this.#uploaded.has(path) ? contentOf(path) : undefined;
    if (was === undefined) return is && { kind: "new", path };
    if (is === undefined) return { kind: "removed", path };
    return isSameContent(was, is) ? undefined : { kind: "changed", path };
  }

  public changeBelow(folder: string): FileChange | undefined {
    for (const path of this.#paths()) {
      const change = path.startsWith(`${folder}${sep}`) ? this.changeOf(path) : undefined;
      if (change !== undefined) return change;
    }
    return undefined;
  }

  public names(folder: string): ReadonlySet<string> {
    return this.#names.get(folder) ?? new Set();
  }

  public *pythonFiles(): Generator<string> {
    for (const path of this.#paths()) if (path.endsWith(".py")) yield path;
  }
}
