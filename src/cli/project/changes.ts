import { errorText } from "@jobstrata/core/model";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { JobstrataError } from "@jobstrata/core/errors";

/** The planned changes of a project, applied once all of them are known to be possible. */
export class Changes {
  readonly #created = new Map<string, string>();
  readonly #edited = new Map<string, { readonly text: string; readonly what: string }>();
  readonly #kept: string[] = [];

  readonly #folder: string;

  /** @param folder root of the project */
  public constructor(folder: string) {
    this.#folder = folder;
  }

  /** A file that must not be there yet. What is there stays as it is. */
  public create(path: string, text: string): void {
    if (isThere(join(this.#folder, path))) this.#kept.push(path);
    else this.#created.set(path, text);
  }

  /** New text of a file that is there. @param what the change in a few words, such as `adds 3 dependencies` */
  public edit(path: string, text: string, what: string): void {
    this.#edited.set(path, { text, what });
  }

  /** A file that needs no change. */
  public keep(path: string): void {
    this.#kept.push(path);
  }

  public get created(): readonly string[] {
    return [...this.#created.keys()];
  }

  public get edited(): ReadonlyMap<string, string> {
    return new Map([...this.#edited].map(([path, { what }]) => [path, what]));
  }

  /** Files that stay as they are. */
  public get kept(): readonly string[] {
    return this.#kept;
  }

  public get isEmpty(): boolean {
    return this.#created.size === 0 && this.#edited.size === 0;
  }

  /**
   * Makes all changes or none: if one fails, it rolls back.
   *
   * @throws {JobstrataError} `config` if a file cannot be written
   */
  public apply(): void {
    const undo: (() => void)[] = [];
    try {
      // Edits are prepared first, so that nothing but renaming is left once files have been created.
      const prepared = [...this.#edited].map(([path, { text }]) => {
        // What a link leads to is edited, and the link stays.
        const target = realpathSync(join(this.#folder, path));
        const temporary = `${target}.${process.pid}.tmp`;
        writeFileSync(temporary, text, { flag: "wx", mode: statSync(target).mode });
        undo.push(() => {
          rmSync(temporary, { force: true });
        });
        return { target, temporary };
      });
      for (const [path, text] of this.#created) {
        const target = join(this.#folder, path);
        this.#makeFolder(dirname(target), undo);
        writeFileSync(target, text, { flag: "wx" });
        undo.push(() => {
          rmSync(target, { force: true });
        });
      }
      for (const { target, temporary } of prepared) renameSync(temporary, target);
    } catch (error) {
      for (const action of undo.reverse()) action();
      throw new JobstrataError(
        "config",
        `nothing is written, since one file cannot be: ${errorText(error)}`,
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

/** A link that leads nowhere is there, too. */
function isThere(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
