import type { WriteKind } from "../../model/lineage";
import { isUnknown } from "../unknown-text";
import { pathOf, QueryScan } from "./query";
import { sinkAt, type SqlSink } from "./sink";
import { StatementTokens } from "./statement-tokens";
import type { SqlToken } from "./tokens";

/** Words that precede the statement in scripts. */
const BEFORE_STATEMENT = new Set([
  "begin",
  "else",
  "then",
  "do",
  "loop",
  "repeat",
  "atomic",
  "not",
]);

/** Words between CREATE and TABLE or VIEW. */
const MODIFIERS: ReadonlySet<string> = new Set(
  "or replace refresh live streaming materialized external private incremental managed unset temp temporary global".split(
    " ",
  ),
);

/** Finds the tables that one statement reads and writes. */
export class SqlStatement {
  readonly #tokens: StatementTokens;
  readonly #sink: SqlSink;
  readonly #nested: (sql: string, sink: SqlSink) => void;
  #query: QueryScan;

  /** @param nested scans the text run by EXECUTE IMMEDIATE */
  public constructor(
    tokens: readonly SqlToken[],
    to: number,
    sink: SqlSink,
    nested: (sql: string, sink: SqlSink) => void,
  ) {
    this.#tokens = new StatementTokens(tokens, to, sink);
    this.#sink = sink;
    this.#nested = nested;
    this.#query = new QueryScan(this.#tokens, sink, false);
  }

  public run(from: number): void {
    const at = this.#begin(from);
    if (at === undefined) return;
    const verb = this.#tokens.word(at);
    this.#query = new QueryScan(this.#tokens, this.#sink, verb === "copy");
    switch (verb) {
      case "insert":
        this.#insert(at);
        break;
      case "merge":
        this.#merge(at);
        break;
      case "update":
        this.#query.read(this.#target(at + 1, "update"), this.#tokens.to);
        break;
      case "delete":
        this.#query.read(
          this.#target(this.#tokens.skip(at + 1, "from"), "update"),
          this.#tokens.to,
        );
        break;
      case "truncate":
        this.#target(this.#tokens.skip(at + 1, "table"), "overwrite");
        break;
      case "drop":
        this.#drop(at);
        break;
      case "create":
      case "replace":
        this.#create(at);
        break;
      case "alter":
        this.#alter(at);
        break;
      case "copy":
        this.#query.read(
          this.#target(this.#tokens.skip(at + 1, "into"), "append"),
          this.#tokens.to,
        );
        break;
      case "load":
        this.#load(at);
        break;
      case "restore":
        this.#target(this.#tokens.skip(at + 1, "table"), "overwrite");
        break;
      case "apply":
        if (this.#tokens.word(at + 1) === "changes")
          this.#changes(this.#tokens.skip(at + 2, "into"));
        break;
      case "cache":
        this.#cache(at);
        break;
      case "use":
        this.#use(at + 1);
        break;
      case "set":
        if (["var", "variable"].includes(this.#tokens.word(at + 1))) this.#assign(at + 2, "=");
        else this.#query.read(at + 1, this.#tokens.to);
        break;
      case "declare":
        this.#declare(at + 1);
        break;
      case "execute":
        if (this.#tokens.word(at + 1) === "immediate") this.#immediate(at + 2);
        break;
      case "select":
      case "with":
      case "from":
      case "table":
      case "values":
      case "return":
      case "(":
        this.#query.read(at, this.#tokens.to);
        this.#written(at);
        break;
      default:
      // For example OPTIMIZE, VACUUM, ANALYZE, DESCRIBE, SHOW, GRANT: no rows are read or written.
    }
  }

  /** Reads conditions and labels before a statement. @returns the position of its verb; undefined if there is none */
  #begin(from: number): number | undefined {
    let at = this.#tokens.skip(from, ...BEFORE_STATEMENT);
    while (["if", "elseif", "while", "for", "case", "until"].includes(this.#tokens.word(at))) {
      const then = this.#tokens.find(at + 1, "then", "do");
      this.#query.read(at + 1, then ?? this.#tokens.to);
      if (then === undefined) return undefined;
      at = this.#tokens.skip(then + 1, ...BEFORE_STATEMENT);
    }
    // A label before a block: name: BEGIN
    if (this.#tokens.isName(at) && this.#tokens.word(at + 1) === ":")
      at = this.#tokens.skip(at + 2, ...BEFORE_STATEMENT);
    return at;
  }

  #load(at: number): void {
    const into = this.#tokens.find(at, "table");
    const path = this.#tokens.all
      .slice(at, Math.min(this.#tokens.to, at + 6))
      .find(({ kind }) => kind === "string");
    if (path !== undefined) this.#sink.readPath(path.text, path.at);
    if (into === undefined) return;
    const isOverwrite = this.#tokens.word(into - 2) === "overwrite";
    this.#target(into + 1, isOverwrite ? "overwrite" : "append");
  }

  #cache(at: number): void {
    const lazy = this.#tokens.skip(at + 1, "lazy");
    const name = this.#tokens.dotted(this.#tokens.skip(lazy, "table"));
    const as = this.#tokens.find(lazy, "as");
    if (name === undefined) return;
    if (as === undefined) this.#sink.read(name.parts, this.#tokens.place(at));
    else {
      this.#query.read(as + 1, this.#tokens.to);
      this.#sink.temporaryView(name.parts);
    }
  }

  /** The target of a statement that begins with common table expressions or with FROM. */
  #written(from: number): void {
    const at = this.#tokens.find(from, "insert", "merge", "update", "delete");
    if (at === undefined || this.#tokens.word(from) === "select") return;
    const verb = this.#tokens.word(at);
    if (verb === "insert") this.#insertTarget(at);
    else
      this.#target(
        this.#tokens.skip(at + 1, "into", "from"),
        verb === "merge" ? "merge" : "update",
      );
  }

  /** Records a write to the table at `at`. @returns the position after its name */
  #target(at: number, kind: WriteKind): number {
    const name = this.#tokens.dotted(at);
    if (name === undefined) return at + 1;
    const path = pathOf(name.parts);
    if (path !== undefined) this.#sink.writePath(path, kind, this.#tokens.place(at));
    else this.#sink.write(name.parts, kind, this.#tokens.place(at));
    return name.next;
  }

  #insert(at: number): void {
    this.#query.read(this.#insertTarget(at), this.#tokens.to);
  }

  /** @returns the position after the target */
  #insertTarget(at: number): number {
    const isOverwrite = this.#tokens.word(at + 1) === "overwrite";
    let place = this.#tokens.skip(at + 1, "into", "overwrite", "local");
    if (this.#tokens.word(place) === "directory") {
      const path = this.#tokens.all[place + 1];
      if (path?.kind === "string") this.#sink.writePath(path.text, "overwrite", path.at);
      return place + 2;
    }
    if (this.#tokens.word(place) === "table" && this.#tokens.isName(place + 1)) place++;
    const replaces =
      this.#tokens.find(place, "replace", "select", "values", "with", "table") ?? this.#tokens.to;
    const kind = isOverwrite || this.#tokens.word(replaces) === "replace" ? "overwrite" : "append";
    return this.#target(place, kind);
  }

  #merge(at: number): void {
    const into = this.#tokens.find(at, "into");
    if (into === undefined) return;
    const next = this.#target(into + 1, "merge");
    const using = this.#tokens.find(next, "using");
    if (using !== undefined) this.#query.read(using, this.#tokens.to, true);
  }

  #drop(at: number): void {
    const place = this.#tokens.skip(
      at + 1,
      "temporary",
      "temp",
      "external",
      "materialized",
      "streaming",
      "live",
    );
    if (!["table", "view"].includes(this.#tokens.word(place))) return;
    const name = this.#ifExists(place + 1);
    this.#target(name, "drop");
  }

  #ifExists(at: number): number {
    return this.#tokens.word(at) === "if" ? this.#tokens.skip(at, "if", "not", "exists") : at;
  }

  #create(at: number): void {
    let place = at + 1;
    while (place < this.#tokens.to && MODIFIERS.has(this.#tokens.word(place))) place++;
    const modifiers = new Set(this.#tokens.all.slice(at, place).map(({ word }) => word));
    const what = this.#tokens.word(place);
    if (what === "widget") {
      const name = this.#tokens.all[place + 2];
      const fallback = this.#tokens.find(place, "default");
      const value = fallback === undefined ? undefined : this.#tokens.all[fallback + 1];
      if (name !== undefined) this.#sink.setValue(name.text, value?.text ?? "", true);
      return;
    }
    if (what === "flow") {
      const into = this.#tokens.find(place, "into");
      if (into !== undefined) this.#changes(into + 1);
      return;
    }
    // CREATE MATERIALIZED VIEW, STREAMING TABLE
    if (what === "table" || what === "view") this.#createRelation(at, place, modifiers);
  }

  /** @param place of TABLE or VIEW */
  #createRelation(at: number, place: number, modifiers: ReadonlySet<string>): void {
    const isTemporary = modifiers.has("temp") || modifiers.has("temporary");
    const isGlobal = modifiers.has("global");
    const nameAt = this.#ifExists(place + 1);
    const ifMissing = nameAt > place + 1;
    const name = this.#tokens.dotted(nameAt);
    if (name === undefined) return;
    const query = this.#tokens.find(name.next, "as", "like", "clone");
    if (isTemporary && !isGlobal) {
      if (query !== undefined) this.#query.read(query + 1, this.#tokens.to);
      else this.#options(name.next);
      this.#sink.temporaryView(name.parts);
      return;
    }
    const source = query === undefined ? "" : this.#tokens.word(query);
    const isPlain = query === undefined || source === "like";
    const isStreaming = ["streaming", "live", "refresh", "materialized"].some((word) =>
      modifiers.has(word),
    );
    const kind: WriteKind = isStreaming
      ? "overwrite"
      : ifMissing && isPlain && !modifiers.has("replace")
        ? "create-if-missing"
        : "create";
    if (isGlobal)
      this.#sink.write(["global_temp", ...name.parts.slice(-1)], kind, this.#tokens.place(at));
    else this.#target(nameAt, kind);
    const location = this.#tokens.find(name.next, "location");
    const path = location === undefined ? undefined : this.#tokens.all[location + 1];
    if (
      path?.kind === "string" &&
      location !== undefined &&
      location < (query ?? this.#tokens.to)
    ) {
      // A table over existing files reads them; a table that receives rows writes them.
      if (query !== undefined && source === "as") this.#sink.writePath(path.text, kind, path.at);
    }
    if (source === "like") return;
    if (source === "clone" && query !== undefined) {
      this.#query.relation(query + 1);
      return;
    }
    if (query !== undefined) this.#query.read(query + 1, this.#tokens.to);
  }

  /** OPTIONS (path '…') of a view over files. */
  #options(from: number): void {
    for (let at = from; at < this.#tokens.to; at++) {
      const value = this.#tokens.all[at + 1];
      const name = this.#tokens.all[at];
      const isPath = name?.word === "path" || (name?.kind === "string" && name.text === "path");
      if (isPath && value?.kind === "string") this.#sink.readPath(value.text, value.at);
    }
  }

  #alter(at: number): void {
    const what = this.#tokens.skip(at + 1, "materialized", "streaming");
    const name = this.#tokens.dotted(this.#ifExists(what + 1));
    if (name === undefined) return;
    if (this.#tokens.word(what) === "view" && this.#tokens.word(name.next) === "as") {
      this.#target(what + 1, "create");
      this.#query.read(name.next + 1, this.#tokens.to);
    } else if (
      this.#tokens.word(name.next) === "rename" &&
      this.#tokens.word(name.next + 1) === "to"
    ) {
      this.#target(this.#ifExists(what + 1), "drop");
      this.#target(name.next + 2, "create");
    }
  }

  /** APPLY CHANGES INTO target FROM source, and its newer spelling AUTO CDC INTO. */
  #changes(at: number): void {
    const next = this.#target(at, "merge");
    const from = this.#tokens.find(next, "from");
    if (from !== undefined) this.#query.read(from, this.#tokens.to);
  }

  #use(at: number): void {
    const isCatalog = this.#tokens.word(at) === "catalog";
    const isSchema = ["schema", "database"].includes(this.#tokens.word(at));
    const next = this.#tokens.all[isCatalog || isSchema ? at + 1 : at];
    const name =
      next?.kind === "string"
        ? { parts: [next.text] }
        : this.#tokens.dotted(isCatalog || isSchema ? at + 1 : at);
    const parts = name?.parts ?? [];
    const [first, second] = parts;
    if (first === undefined) return;
    if (isCatalog) this.#sink.use(first, undefined);
    else if (second === undefined) this.#sink.use(undefined, first);
    else this.#sink.use(first, second);
  }

  /** DECLARE [OR REPLACE] [VARIABLE] name [type] DEFAULT value */
  #declare(at: number): void {
    const name = this.#tokens.skip(at, "or", "replace", "variable", "var");
    const value = this.#tokens.find(name, "default", "=");
    if (!this.#tokens.isName(name) || value === undefined) return;
    this.#sink.setValue(
      this.#tokens.all[name]?.text ?? "",
      this.#tokens.text(value + 1, this.#tokens.to),
      false,
    );
    this.#query.read(value + 1, this.#tokens.to);
  }

  #assign(at: number, mark: string): void {
    if (this.#tokens.isName(at) && this.#tokens.word(at + 1) === mark)
      this.#sink.setValue(
        this.#tokens.all[at]?.text ?? "",
        this.#tokens.text(at + 2, this.#tokens.to),
        false,
      );
    this.#query.read(at, this.#tokens.to);
  }

  #immediate(at: number): void {
    const end = this.#tokens.find(at, "into", "using") ?? this.#tokens.to;
    const sql = this.#tokens.text(at, end);
    const place = this.#tokens.place(at);
    this.#nested(sql, sinkAt(this.#sink, place));
    if (isUnknown(sql)) this.#sink.problem("the text of EXECUTE IMMEDIATE is not known", place);
  }
}
