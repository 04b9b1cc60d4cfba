import { dirname, extname, isAbsolute, join, resolve } from "node:path";
import type { SourceLocation } from "../model/source-location";
import type { CodeLineage, CodeParameters } from "../model/lineage";
import { isNotebookSource, type NotebookCell, notebookSource } from "../model/notebook-cells";
import { Interpreter, type Surroundings } from "./python/interpreter";
import { unitOf } from "./python/unit";
import { Session } from "./session";
import { isKnown, showUnknown, withoutMarks } from "./unknown-text";

/** Access to the files of a project for lineage. */
export interface LineageFiles {
  /** The text of a file; undefined if it cannot be read. */
  read(file: string): string | undefined;
  /** Names of the folders and Python files in a folder; undefined if it does not exist. */
  names(folder: string): ReadonlySet<string> | undefined;
  /** A file's path for messages. */
  label(file: string): string;
}

/** The task's other settings. */
export interface LineageOptions {
  readonly parameters: CodeParameters;
  /** Default catalog and schema for names of one or two parts, as far as they are known. */
  readonly catalog?: string;
  readonly schema?: string;
}

/** Maximum notebooks that one task runs, with `%run` or `dbutils.notebook.run`. */
const MAX_NOTEBOOKS = 100;
const MAX_RUN_DEPTH = 8;
/** Maximum parent folders of a notebook that are searched for modules. */
const MAX_FOLDERS = 8;
/** Maximum code of one task; characters. */
const MAX_CODE = 5_000_000;

/**
 * The tables that a notebook, Python file or SQL file reads and writes. Never throws; time and memory are bounded for any
 * content.
 *
 * @param file absolute, with its extension
 * @returns undefined if the file does not exist or is not text
 */
export function codeLineage(
  file: string,
  options: LineageOptions,
  files: LineageFiles,
): CodeLineage | undefined {
  const source = files.read(file);
  if (source === undefined) return undefined;
  const { parameters, ...defaults } = options;
  const session = new Session(parameters, defaults);
  const budget = { notebooks: 0, characters: 0 };
  new NotebookRun(session, files, budget, file, 0).execute(file, source);
  return session.result();
}

const nameOf = (language: string, file: string): string =>
  language === "other" ? extname(file).slice(1).toLowerCase() || "another language" : language;

interface Budget {
  notebooks: number;
  characters: number;
}

/** Analyses a notebook and everything that runs in its session. */
class NotebookRun implements Surroundings {
  readonly #interpreter: Interpreter;
  readonly #within: string[] = [];
  readonly #paths: string[] = [];

  readonly #session: Session;
  readonly #files: LineageFiles;
  readonly #budget: Budget;
  readonly #entry: string;
  readonly #depth: number;

  public constructor(
    session: Session,
    files: LineageFiles,
    budget: Budget,
    entry: string,
    depth: number,
  ) {
    this.#session = session;
    this.#files = files;
    this.#budget = budget;
    this.#entry = entry;
    this.#depth = depth;

    this.#interpreter = new Interpreter(session, this);
  }

  /** @returns whether the code after it runs */
  public execute(file: string, source: string): boolean {
    const at: SourceLocation = { file: this.#files.label(file) };
    this.#budget.notebooks++;
    this.#budget.characters += source.length;
    if (this.#budget.characters > MAX_CODE || this.#budget.notebooks > MAX_NOTEBOOKS) {
      this.#session.problem("there is too much code to analyse", at);
      return false;
    }
    const extension = extname(file).slice(1).toLowerCase();
    const isCells = extension === "ipynb" || isNotebookSource(source);
    const whole: NotebookCell = {
      language: extension === "py" ? "python" : extension === "sql" ? "sql" : "other",
      code: source,
      lineOf: (line) => line,
    };
    const cells = isCells ? notebookSource(source, extension)?.cells : [whole];
    if (cells === undefined) {
      this.#session.problem("the notebook is not valid JSON", at);
      return true;
    }
    this.#within.push(file);
    let goesOn = true;
    for (const cell of cells) {
      goesOn = this.#cell(cell, file);
      if (!goesOn) break;
    }
    this.#within.pop();
    return goesOn;
  }

  #cell({ language, code: written, lineOf }: NotebookCell, file: string): boolean {
    const label = this.#files.label(file);
    const code = withoutMarks(written);
    switch (language) {
      case "python":
        try {
          return this.#interpreter.run(code, unitOf(label, code, lineOf));
        } catch (error) {
          // The stack overflowed: nobody has written that by hand.
          if (!(error instanceof RangeError)) throw error;
          this.#session.problem("the code is nested too deeply to analyse", {
            file: label,
            line: lineOf(0) + 1,
          });
          return true;
        }
      case "sql": {
        const sql = this.#session.substituted(code);
        const unit = unitOf(label, sql, lineOf);
        this.#session.sql(sql, (offset) => ({ file: label, line: unit.lineAt(offset) }));
        return true;
      }
      case "run":
        return this.#include(code, file, { file: label, line: lineOf(0) + 1 });
      default:
        this.#session.problem(`code in ${nameOf(language, file)} is not analysed`, {
          file: label,
          line: lineOf(0) + 1,
        });
        return true;
    }
  }

  /** %run behaves as if the other notebook's code stood here. */
  #include(argument: string, from: string, at: SourceLocation): boolean {
    const [, double, single, bare] = /^(?:"([^"]*)"|'([^']*)'|(\S+))/.exec(argument) ?? [];
    const path = double ?? single ?? bare ?? "";
    const found = this.#notebook(path, from);
    if (found === undefined) {
      this.#session.problem(`the notebook "${path}" of %run is not in the project`, at);
      return true;
    }
    if (this.#within.includes(found.file) || this.#within.length >= MAX_RUN_DEPTH) return true;
    this.execute(found.file, found.source);
    return true;
  }

  #notebook(
    path: string,
    from: string,
  ): { readonly file: string; readonly source: string } | undefined {
    if (path === "" || isAbsolute(path)) return undefined;
    const base = resolve(dirname(from), path);
    for (const extension of ["", ".py", ".ipynb", ".sql", ".scala", ".r", ".R"]) {
      const file = base + extension;
      if (extname(file) === "") continue;
      const source = this.#files.read(file);
      if (source !== undefined) return { file, source };
    }
    return undefined;
  }

  public runNotebook(
    path: string,
    parameters: ReadonlyMap<string, string>,
    from: SourceLocation,
  ): void {
    const current = this.#within.at(-1) ?? this.#entry;
    if (!isKnown(path)) {
      this.#session.problem(
        `the notebook "${showUnknown(path)}" of dbutils.notebook.run is not known`,
        from,
      );
      return;
    }
    const found = this.#notebook(path, current);
    if (found === undefined) {
      this.#session.problem(
        `the notebook "${path}" of dbutils.notebook.run is not in the project`,
        from,
      );
      return;
    }
    if (this.#depth >= MAX_RUN_DEPTH || found.file === this.#entry) return;
    const named: Record<string, string> = {};
    for (const [name, value] of parameters) named[name] = value;
    const child = new Session({ named });
    new NotebookRun(child, this.#files, this.#budget, found.file, this.#depth + 1).execute(
      found.file,
      found.source,
    );
    this.#session.absorb(child.result());
  }

  public readFile(path: string): string | undefined {
    if (isAbsolute(path)) return undefined;
    const text = this.#files.read(resolve(dirname(this.#within.at(-1) ?? this.#entry), path));
    this.#budget.characters += text?.length ?? 0;
    return this.#budget.characters > MAX_CODE ? undefined : text;
  }

  public addPath(folder: string): void {
    const path = isAbsolute(folder) ? folder : resolve(dirname(this.#entry), folder);
    if (!this.#paths.includes(path) && this.#paths.length < MAX_FOLDERS) this.#paths.push(path);
  }

  public module(
    path: string,
    label: string,
  ): { readonly file: string; readonly label: string; readonly source: string } | undefined {
    const [, dots = "", rest = ""] = /^(\.*)(.*)$/s.exec(path) ?? [];
    const parts = rest === "" ? [] : rest.split(".");
    if (dots !== "") {
      const from = this.#modules.get(label) ?? this.#entry;
      const base = resolve(dirname(from), ...Array.from({ length: dots.length - 1 }, () => ".."));
      return this.#moduleIn(base, parts);
    }
    for (const root of this.#roots()) {
      const found = this.#moduleIn(root, parts);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Module files by their labels. */
  readonly #modules = new Map<string, string>();

  #moduleIn(
    root: string,
    parts: readonly string[],
  ): { readonly file: string; readonly label: string; readonly source: string } | undefined {
    const [first] = parts;
    if (first !== undefined) {
      const names = this.#files.names(root);
      if (names === undefined || (!names.has(first) && !names.has(`${first}.py`))) return undefined;
    }
    const base = join(root, ...parts);
    for (const file of first === undefined
      ? [join(base, "__init__.py")]
      : [`${base}.py`, join(base, "__init__.py")]) {
      const source = this.#files.read(file);
      if (source === undefined) continue;
      this.#budget.characters += source.length;
      if (this.#budget.characters > MAX_CODE) return undefined;
      const label = this.#files.label(file);
      this.#modules.set(label, file);
      return { file, label, source };
    }
    return undefined;
  }

  #roots(): string[] {
    const roots = [...this.#paths];
    let folder = dirname(this.#entry);
    for (let count = 0; count < MAX_FOLDERS; count++) {
      roots.push(folder, join(folder, "src"));
      const parent = dirname(folder);
      const names = this.#files.names(folder);
      // The root of a repository or of a bundle.
      if (parent === folder || names?.has("databricks.yml") === true || names?.has(".git") === true)
        break;
      folder = parent;
    }
    return roots;
  }
}
