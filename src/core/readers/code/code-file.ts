import type { LineageFiles } from "../../lineage";
import type { CodeFile, CodeLineage, CodeParameters, RunContextUse } from "../../model/lineage";
import { CODE_CACHE } from "./code-cache";
import { runContextOf } from "./run-context";
import { SOURCE_FILES } from "./source-files";

/** Code in a file of this machine; read when first asked for. */
export class FileOfCode implements CodeFile {
  // Private, so that two of one file are equal.
  readonly #known = new Map<string, CodeLineage | undefined>();
  readonly #file: string;

  /** @param file absolute, with its extension */
  public constructor(file: string) {
    this.#file = file;
  }

  /** Absolute, with its extension. */
  public get file(): string {
    return this.#file;
  }

  public get label(): string {
    return SOURCE_FILES.label(this.#file);
  }

  public lineage(parameters: CodeParameters): CodeLineage | undefined {
    const key = keyOf(parameters);
    if (!this.#known.has(key)) this.#known.set(key, readLineage(this.#file, parameters, key));
    return this.#known.get(key);
  }

  public runContext(): readonly RunContextUse[] | undefined {
    return runContextOf(this.#file, SOURCE_FILES);
  }
}

/** Identifies parameters. */
export function keyOf({ named, positional }: CodeParameters): string {
  const entries = Object.entries(named).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([entries, positional]);
}

function readLineage(
  file: string,
  parameters: CodeParameters,
  key: string,
): CodeLineage | undefined {
  if (SOURCE_FILES.hash(file, "file") === "") return undefined;
  const known = CODE_CACHE.get(file, key, SOURCE_FILES);
  if (known !== undefined) return known;
  const found = analyse(file, parameters);
  if (found !== undefined) CODE_CACHE.set(file, key, found.lineage, found.used);
  return found?.lineage;
}

/** The lineage of a file, and what it was found in: `file PATH` and `folder PATH` with a hash. */
export function analyse(
  file: string,
  parameters: CodeParameters,
): { readonly lineage: CodeLineage; readonly used: ReadonlyMap<string, string> } | undefined {
  const files = new RecordedFiles();
  // What parses Python is loaded only where there is something to parse.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { codeLineage } = require("../../lineage") as typeof import("../../lineage");
  const lineage = codeLineage(file, { parameters }, files);
  return lineage === undefined ? undefined : { lineage, used: files.used };
}

/** Notes what an analysis has looked at. */
class RecordedFiles implements LineageFiles {
  readonly used = new Map<string, string>();

  public read(file: string): string | undefined {
    const key = `file ${file}`;
    if (!this.used.has(key)) this.used.set(key, SOURCE_FILES.hash(file, "file"));
    return SOURCE_FILES.read(file);
  }

  public names(folder: string): ReadonlySet<string> | undefined {
    const key = `folder ${folder}`;
    if (!this.used.has(key)) this.used.set(key, SOURCE_FILES.hash(folder, "folder"));
    return SOURCE_FILES.names(folder);
  }

  public label(file: string): string {
    return SOURCE_FILES.label(file);
  }
}
