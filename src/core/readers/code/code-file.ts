import { readdirSync, readFileSync, statSync } from "node:fs";

import type { LineageFiles } from "../../lineage";
import type { CodeFile, CodeLineage, CodeParameters, RunContextUse } from "../../model/lineage";
import { CODE_CACHE, hashOf } from "./code-cache";
import { posixRelative } from "../../paths";
import { runContextOf } from "./run-context";

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

  public runContext(): readonly RunContextUse[] | undefined {
    return runContextOf(this.#file, CODE_FILES);
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

/** A text, and what its file was like when it was read. */
interface ReadText {
  readonly text: string;
  readonly mtimeMs: number;
  readonly size: number;
  hash?: string;
}

/** The names in a folder, and when they last changed. */
interface ReadNames {
  readonly names: ReadonlySet<string>;
  readonly hash: string;
  readonly mtimeMs: number;
}

/** Files of this machine; each is read once, and again if it has changed. */
class CodeFiles implements LineageFiles {
  readonly #texts = new Map<string, ReadText>();
  readonly #names = new Map<string, ReadNames>();

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
    if (kind === "folder") return this.#folder(path)?.hash ?? "";
    const read = this.#text(path);
    return read === undefined ? "" : (read.hash ??= hashOf(read.text));
  }

  #text(file: string): ReadText | undefined {
    try {
      const stats = statSync(file, { throwIfNoEntry: false });
      if (stats?.isFile() !== true || stats.size > MAX_SIZE) return undefined;
      const { mtimeMs, size } = stats;
      const known = this.#texts.get(file);
      if (known?.mtimeMs === mtimeMs && known.size === size) return known;
      const read = { text: UTF_8.decode(readFileSync(file)), mtimeMs, size };
      this.#texts.set(file, read);
      return read;
    } catch {
      return undefined;
    }
  }

  #folder(folder: string): ReadNames | undefined {
    try {
      const { mtimeMs } = statSync(folder);
      const known = this.#names.get(folder);
      if (known?.mtimeMs === mtimeMs) return known;
      const names = readNames(folder);
      const read = { names: new Set(names), hash: hashOf(names.join("\n")), mtimeMs };
      this.#names.set(folder, read);
      return read;
    } catch {
      return undefined;
    }
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

const UTF_8 = new TextDecoder("utf-8", { fatal: true });

/** Of everything else in a folder nothing depends, so that files come and go without another analysis. */
function readNames(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(
      (entry) =>
        entry.name.endsWith(".py") || entry.isDirectory() || entry.name === "databricks.yml",
    )
    .map(({ name }) => name)
    .filter((name) => name === ".git" || !/^(?:\.|__pycache__|node_modules)/.test(name))
    .sort();
}
