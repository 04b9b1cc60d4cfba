import type { CodeFile, CodeLineage, CodeParameters, RunContextUse } from "../../model/lineage";
import { CODE_CACHE } from "./code-cache";
import { cached, RecordedFiles } from "./recorded-files";
import { runContextOf } from "./run-context";
import { SOURCE_FILES } from "./source-files";

/** Code in a file of this machine; read when first asked for. */
export class FileOfCode implements CodeFile {
  // Private, so that two objects for the same file are equal.
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
    const key = lineageKey(this.#file, parameters);
    if (!this.#known.has(key)) this.#known.set(key, this.#lineage(key, parameters));
    return this.#known.get(key);
  }

  /** Whether the lineage with these parameters is cached. */
  public isKnown(parameters: CodeParameters): boolean {
    const key = lineageKey(this.#file, parameters);
    if (this.#known.has(key)) return true;
    const entry = CODE_CACHE.get(key);
    if (entry !== undefined) this.#known.set(key, entry.value as CodeLineage | undefined);
    return entry !== undefined;
  }

  #lineage(key: string, parameters: CodeParameters): CodeLineage | undefined {
    return cached(key, (files) => lineageIn(this.#file, parameters, files));
  }

  public runContext(): readonly RunContextUse[] | undefined {
    return runContextOf(this.#file, SOURCE_FILES);
  }
}

/** Identifies the lineage of a file with parameters. */
export function lineageKey(file: string, { named, positional }: CodeParameters): string {
  const entries = Object.entries(named).sort(([a], [b]) => (a < b ? -1 : 1));
  return `lineage ${file} ${JSON.stringify([entries, positional])}`;
}

/**
 * Finds the lineage of a file. `used` has the files and folders it depends on: `file PATH` and `folder PATH`, each with
 * its hash.
 */
export function analyse(
  file: string,
  parameters: CodeParameters,
): { readonly lineage: CodeLineage; readonly used: ReadonlyMap<string, string> } | undefined {
  const files = new RecordedFiles();
  const lineage = lineageIn(file, parameters, files);
  return lineage === undefined ? undefined : { lineage, used: files.used };
}

function lineageIn(
  file: string,
  parameters: CodeParameters,
  files: RecordedFiles,
): CodeLineage | undefined {
  // Loads the Python parser only when there is code to parse.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { codeLineage } = require("../../lineage") as typeof import("../../lineage");
  return codeLineage(file, { parameters }, files);
}
