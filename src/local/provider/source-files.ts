import { existsSync, readFileSync, readdirSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { ConfigurationError } from "./diagnostic";

/**
 * Finds the local files that a configuration refers to. A provider that Terraform did not start does not know
 * Terraform's working directory. So a relative path is searched under each root and under the stacks that the CDKTF CLI
 * writes below it: the CLI runs Terraform in `cdktf.out/stacks/<stack>`, where an asset's name contains the hash of its
 * content, so equal names mean equal contents.
 */
export class SourceFiles {
  readonly #roots: readonly string[];

  public constructor(roots: readonly string[]) {
    this.#roots = roots;
  }

  /** @throws {ConfigurationError} if the file is not found, or several different files match */
  public read(source: string): Buffer {
    const found = this.#candidates(source).filter((path) => existsSync(path));
    const [first, ...others] = found;
    if (first === undefined) throw new ConfigurationError(this.notFound(source), ["source"]);
    const content = contentOf(first);
    const differing = others.find((path) => !contentOf(path).equals(content));
    if (differing === undefined) return content;
    throw new ConfigurationError(
      `${source} could be ${first} or ${differing}, which differ: give an absolute path, such as abspath("…")`,
      ["source"],
    );
  }

  public exists(source: string): boolean {
    return this.#candidates(source).some((path) => existsSync(path));
  }

  /** Names the folders that were searched. */
  public notFound(source: string): string {
    if (isAbsolute(source)) return `File ${source} does not exist`;
    return `File ${source} does not exist under ${this.#roots.join(", ")}; an absolute path, such as abspath("…"), is found anywhere`;
  }

  #candidates(source: string): readonly string[] {
    if (isAbsolute(source)) return [source];
    return this.#roots
      .flatMap((root) => [root, ...stackFolders(root)])
      .map((dir) => join(dir, source));
  }
}

function stackFolders(root: string): readonly string[] {
  const parent = join(root, "cdktf.out", "stacks");
  if (!existsSync(parent)) return [];
  return readdirSync(parent).map((name) => join(parent, name));
}

function contentOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (thrown) {
    throw new ConfigurationError(`cannot read ${path}: ${(thrown as Error).message}`, ["source"]);
  }
}
