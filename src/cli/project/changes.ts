import { errorText, systemReason } from "@jobstrata/core/model";
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { JobstrataError } from "@jobstrata/core/errors";
import { inFolder } from "@jobstrata/core/folders";

/** The planned changes of a project, which are applied only after all have been found possible. */
export class Changes {
  readonly #created = new Map<string, string>();
  readonly #edited = new Map<string, { readonly text: string; readonly what: string }>();
  readonly #kept: string[] = [];

  readonly #folder: string;

  /** @param folder root of the project */
  public constructor(folder: string) {
    this.#folder = folder;
  }

  /** Adds a file unless it exists; an existing file is kept. */
  public create(path: string, text: string): void {
    if (isThere(join(this.#folder, path))) this.#kept.push(path);
    else this.#created.set(path, text);
  }

  /** Changes the text of an existing file. @param what the change in a few words, such as `adds 3 dependencies` */
  public edit(path: string, text: string, what: string): void {
    this.#edited.set(path, { text, what });
  }

  /** Marks a file as unchanged. */
  public keep(path: string): void {
    this.#kept.push(path);
  }

  public get created(): readonly string[] {
    return [...this.#created.keys()];
  }

  public get edited(): ReadonlyMap<string, string> {
    return new Map([...this.#edited].map(([path, { what }]) => [path, what]));
  }

  /** Unchanged files. */
  public get kept(): readonly string[] {
    return this.#kept;
  }

  public get isEmpty(): boolean {
    return this.#created.size === 0 && this.#edited.size === 0;
  }

  /**
   * Applies all changes or none: rolls back if one fails. Creates the project's folder if it is missing.
   *
   * @throws {JobstrataError} `config` if the folder or a file cannot be written
   */
  public apply(): void {
    inFolder(this.#folder, () => {
      this.#applyAll();
    });
  }

  #applyAll(): void {
    const undo: (() => void)[] = [];
    try {
      // Edits are prepared first, so that only renames remain after files are created.
      const prepared = [...this.#edited].map(([path, { text }]) => {
        // Edits the target of a symbolic link and keeps the link.
        const target = realpathSync(join(this.#folder, path));
        const temporary = `${target}.${process.pid}.tmp`;
        write(temporary, text, undo, statSync(target).mode);
        return { target, temporary };
      });
      for (const [path, text] of this.#created) {
        const target = join(this.#folder, path);
        this.#makeFolder(dirname(target), undo);
        write(target, text, undo);
      }
      for (const { target, temporary } of prepared) renameSync(temporary, target);
    } catch (error) {
      for (const action of undo.reverse()) action();
      throw new JobstrataError(
        "config",
        `nothing is written, since one file cannot be: ${systemReason(error) ?? errorText(error)}`,
      );
    }
  }

  #makeFolder(folder: string, undo: (() => void)[]): void {
    if (existsSync(folder)) return;
    this.#makeFolder(dirname(folder), undo);
    mkdirSync(folder);
    undo.push(() => {
      rmdirSync(folder);
    });
  }
}

/** Writes a new file. A full disk leaves an empty one, which has to be undone too. */
function write(path: string, text: string, undo: (() => void)[], mode?: number): void {
  const file = openSync(path, "wx", mode);
  undo.push(() => {
    rmSync(path, { force: true });
  });
  try {
    writeFileSync(file, text);
  } finally {
    closeSync(file);
  }
}

/** A dangling symbolic link exists, too. */
function isThere(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
