import { readdirSync, readFileSync, statSync } from "node:fs";

import type { LineageFiles } from "../../lineage";
import type { CodeFile, CodeLineage, CodeParameters } from "../../model/lineage";
import { CODE_CACHE, hashOf } from "./code-cache";
import { posixRelative } from "../../paths";

/** Databricks exports no notebook that is bigger. Bytes. */
const MAX_SIZE = 10 * 2 ** 20;

/** Code in a file of this machine; read when first asked for. */
export class FileOfCode implements CodeFile {
  // Private, so that two of one file are equal.
  readonly #known = new Map<string, CodeLineage | undefined>();
  readonly #file: string;

  /** @param file absolute, with its extension */
  public constructor(file: string) {
    this.#file = file;
  }

  public get label(): string {
    return labelOf(this.#file);
  }

  public lineage(parameters: CodeParameters): CodeLineage | undefined {
    const key = JSON.stringify([
      Object.entries(parameters.named).sort(([a], [b]) => (a < b ? -1 : 1)),
      parameters.positional,
    ]);
    if (!this.#known.has(key)) this.#known.set(key, readLineage(this.#file, parameters, key));
    return this.#known.get(key);
  }
}

function readLineage(
  file: string,
  parameters: CodeParameters,
  key: string,
): CodeLineage | undefined {
  if (CODE_FILES.read(file) === undefined) return undefined;
  const known = CODE_CACHE.get(file, key, CODE_FILES);
  if (known !== undefined) return known;
  const files = new RecordedFiles();
  // What parses Python is loaded only where there is something to parse.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { codeLineage } = require("../../lineage") as typeof import("../../lineage");
  const lineage = codeLineage(file, { parameters }, files);
  if (lineage !== undefined) CODE_CACHE.set(file, key, lineage, files.used);
  return lineage;
}

const labelOf = (file: string): string => posixRelative(process.cwd(), file);

/** Files of this machine; each is read once. */
class CodeFiles implements LineageFiles {
  readonly #texts = new Map<string, { readonly text: string; readonly hash: string } | undefined>();
  readonly #names = new Map<
    string,
    { readonly names: ReadonlySet<string>; readonly hash: string } | undefined
  >();

  public read(file: string): string | undefined {
    return this.#text(file)?.text;
  }

  public names(folder: string): ReadonlySet<string> | undefined {
    return this.#folder(folder)?.names;
  }

  public label(file: string): string {
    return labelOf(file);
  }

  /** What identifies the content of a file or folder; empty if it is not there. */
  public hash(path: string, kind: "file" | "folder"): string {
    return (kind === "file" ? this.#text(path)?.hash : this.#folder(path)?.hash) ?? "";
  }

  #text(file: string): { readonly text: string; readonly hash: string } | undefined {
    if (!this.#texts.has(file)) {
      const text = readText(file);
      this.#texts.set(file, text === undefined ? undefined : { text, hash: hashOf(text) });
    }
    return this.#texts.get(file);
  }

  #folder(
    folder: string,
  ): { readonly names: ReadonlySet<string>; readonly hash: string } | undefined {
    if (!this.#names.has(folder)) {
      const names = readNames(folder);
      this.#names.set(
        folder,
        names === undefined ? undefined : { names: new Set(names), hash: hashOf(names.join("\n")) },
      );
    }
    return this.#names.get(folder);
  }
}

export const CODE_FILES = new CodeFiles();

/** Notes what an analysis has looked at. */
class RecordedFiles implements LineageFiles {
  readonly used = new Map<string, string>();

  public read(file: string): string | undefined {
    this.used.set(`file ${file}`, CODE_FILES.hash(file, "file"));
    return CODE_FILES.read(file);
  }

  public names(folder: string): ReadonlySet<string> | undefined {
    this.used.set(`folder ${folder}`, CODE_FILES.hash(folder, "folder"));
    return CODE_FILES.names(folder);
  }

  public label(file: string): string {
    return labelOf(file);
  }
}

function readText(file: string): string | undefined {
  try {
    const stats = statSync(file);
    if (!stats.isFile() || stats.size > MAX_SIZE) return undefined;
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file));
  } catch {
    return undefined;
  }
}

/** Of everything else in a folder nothing depends, so that files come and go without another analysis. */
function readNames(folder: string): string[] | undefined {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter(
        (entry) =>
          entry.name.endsWith(".py") || entry.isDirectory() || entry.name === "databricks.yml",
      )
      .map(({ name }) => name)
      .filter((name) => name === ".git" || !/^(?:\.|__pycache__|node_modules)/.test(name))
      .sort();
  } catch {
    return undefined;
  }
}
