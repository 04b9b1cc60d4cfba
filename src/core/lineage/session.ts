import type {
  CodeLineage,
  CodeParameters,
  DataAccess,
  LineageProblem,
  WriteKind,
} from "../model/lineage";
import type { SourceLocation } from "../model/source-location";
import { scanSql } from "./sql/scan";
import { partsOf } from "./sql/statement-tokens";
import {
  changeKnown,
  expressionText,
  isKnown,
  isUnknown,
  MARKED,
  showUnknown,
  unknownParts,
  unknownText,
} from "./unknown-text";

/** Maximum accesses recorded for one task. */
const MAX_ACCESSES = 5000;
const MAX_PROBLEMS = 50;

/**
 * A Spark session as a running notebook sees it: parameters, default catalog and schema, temporary views, and the recorded
 * accesses.
 */
export class Session {
  readonly #accesses = new Map<string, DataAccess>();
  readonly #problems = new Map<string, LineageProblem>();
  readonly #temporary = new Set<string>();
  readonly #values = new Map<string, string>();
  readonly #defaults = new Map<string, string>();
  #catalog: string | undefined;
  #schema: string | undefined;

  public constructor(
    public readonly parameters: CodeParameters,
    defaults: { readonly catalog?: string; readonly schema?: string } = {},
  ) {
    this.#catalog = defaults.catalog;
    this.#schema = defaults.schema;
  }

  public result(): CodeLineage {
    return { accesses: [...this.#accesses.values()], problems: [...this.#problems.values()] };
  }

  /** Adds the accesses of a notebook that this one runs. */
  public absorb({ accesses, problems }: CodeLineage): void {
    for (const { name, kind, write, unknown = [], at } of accesses)
      this.#add(name, kind, write, unknown, at);
    for (const { message, at } of problems) this.problem(message, at);
  }

  /** The value of a widget: the task's value, else the notebook's default. */
  public widget(name: string): string | undefined {
    const set = this.parameters.named[name] ?? this.#defaults.get(name);
    return set === undefined ? undefined : marked(set, name);
  }

  /** A command line argument of a Python file. */
  public arguments(): string[] {
    return (this.parameters.positional ?? []).map((text) => marked(text, "argument"));
  }

  /** Declares a widget. */
  public declareWidget(name: string, value: string): void {
    if (!this.#defaults.has(name)) this.#defaults.set(name, value);
  }

  public read(name: string, at: SourceLocation): void {
    this.#table(partsOf(name), undefined, at);
  }

  public write(name: string, kind: WriteKind, at: SourceLocation): void {
    this.#table(partsOf(name), kind, at);
  }

  public temporaryView(name: string): void {
    this.#temporary.add(name.replaceAll("`", "").toLowerCase());
  }

  public use(catalog: string | undefined, schema: string | undefined): void {
    if (catalog !== undefined) {
      this.#catalog = catalog;
      // USE CATALOG resets the schema.
      this.#schema = schema ?? "default";
    } else if (schema !== undefined) this.#schema = schema;
  }

  public problem(message: string, at: SourceLocation): void {
    if (this.#problems.size < MAX_PROBLEMS)
      this.#problems.set(`${message} ${at.file} ${at.line ?? ""}`, { message, at });
  }

  public readPath(path: string, at: SourceLocation): void {
    this.#path(path, undefined, at);
  }

  public writePath(path: string, kind: WriteKind, at: SourceLocation): void {
    this.#path(path, kind, at);
  }

  /**
   * Analyses SQL.
   *
   * @param locate maps an offset in the text to a location in a file
   * @param own named parameters of the statement
   */
  public sql(
    text: string,
    locate: (offset: number) => SourceLocation,
    own: ReadonlyMap<string, string> = new Map(),
  ): void {
    const value = (name: string): string | undefined =>
      own.get(name) ?? this.#values.get(name.toLowerCase()) ?? this.widget(name);
    if (isUnknown(text)) {
      const [label = ""] = unknownParts(text);
      this.problem(`the text of a SQL statement is not known: ${label}`, locate(0));
      return;
    }
    scanSql(text, {
      read: (parts, at) => {
        this.#table(parts, undefined, locate(at));
      },
      write: (parts, kind, at) => {
        this.#table(parts, kind, locate(at));
      },
      readPath: (path, at) => {
        this.#path(path, undefined, locate(at));
      },
      writePath: (path, kind, at) => {
        this.#path(path, kind, locate(at));
      },
      temporaryView: (parts) => {
        this.temporaryView(parts.join("."));
      },
      use: (catalog, schema) => {
        this.use(catalog, schema);
      },
      value,
      setValue: (name, set, isDefault) => {
        if (isDefault) this.declareWidget(name, set);
        else this.#values.set(name.toLowerCase(), set);
      },
      problem: (message, at) => {
        this.problem(message, locate(at));
      },
    });
  }

  /**
   * Substitutes `${name}`, `$name` and `{{name}}` in a SQL cell, as notebooks and SQL tasks do before parsing. Line breaks are
   * kept.
   */
  public substituted(sql: string): string {
    return quotedIdentifiers(sql).replace(
      /\$\{([\p{L}\p{N}_.:]{1,100})\}|\{\{([\p{L}\p{N}_.]{1,100})\}\}|(?<![\\\p{L}\p{N}_'"])\$([\p{L}_][\p{L}\p{N}_]{0,99})/gu,
      (_, braced?: string, doubled?: string, bare?: string) => {
        const name = braced ?? doubled ?? bare ?? "";
        return this.widget(name) ?? this.#values.get(name.toLowerCase()) ?? unknownText(name);
      },
    );
  }

  #table(written: readonly string[], kind: WriteKind | undefined, at: SourceLocation): void {
    let parts = written.flatMap((part) => (isKnown(part) ? [part] : part.split(".")));
    if (parts.some((part) => part === "") || parts.length === 0) return;
    const [first = ""] = parts;
    const plain = parts.join(".").toLowerCase();
    if (this.#temporary.has(plain)) return;
    if (parts.some((part) => part.toLowerCase() === "information_schema")) return;
    if (parts.length > 1 && first.toLowerCase() === "live") parts = parts.slice(1);
    else if (first.toLowerCase() !== "global_temp") {
      if (parts.length === 1 && this.#schema !== undefined) parts = [this.#schema, ...parts];
      if (parts.length === 2 && this.#catalog !== undefined) parts = [this.#catalog, ...parts];
    }
    const name = changeKnown(parts.map(shownPart).join("."), (part) => part.toLowerCase());
    this.#add(showUnknown(name), "table", kind, unknownParts(parts.join(".")), at);
  }

  #path(written: string, kind: WriteKind | undefined, at: SourceLocation): void {
    const path = written
      .trim()
      .replace(/^dbfs:(?=\/)/, "")
      .replace(/(?<=[^/:])\/+$/, "");
    // Other machines, such as web addresses, hold no tables.
    if (path === "" || /^https?:/i.test(path)) return;
    this.#add(showUnknown(path), "path", kind, unknownParts(path), at);
  }

  #add(
    name: string,
    kind: DataAccess["kind"],
    write: WriteKind | undefined,
    unknown: readonly string[],
    at: SourceLocation,
  ): void {
    if (this.#accesses.size >= MAX_ACCESSES) return;
    const key = `${kind} ${write ?? "read"} ${name}`;
    if (this.#accesses.has(key)) return;
    this.#accesses.set(key, {
      name,
      kind,
      ...(write && { write }),
      ...(unknown.length > 0 && { unknown }),
      at,
    });
  }
}

/** In `IDENTIFIER({{name}})`, SQL tasks insert the value as a string. */
function quotedIdentifiers(sql: string): string {
  return sql.replace(
    /(\bidentifier\s{0,5}\(\s{0,20})(\{\{[\p{L}\p{N}_.]{1,100}\}\})(?=\s*\))/giu,
    "$1'$2'",
  );
}

/** Dynamic values are known only to the run; expressions of the deployment are the same in all tasks. */
function marked(text: string, label: string): string {
  return text.replace(/\{\{[^{}]*\}\}|\$\{([^{}]*)\}/g, (_, expression?: string) =>
    expression === undefined ? unknownText(label) : expressionText(expression),
  );
}

/** Quotes parts with backticks if they need it. */
function shownPart(part: string): string {
  return PLAIN_PART.test(part) ? part : `\`${part}\``;
}

const PLAIN_PART = new RegExp(`^[\\p{L}\\p{N}_${MARKED}$-]+$`, "u");
