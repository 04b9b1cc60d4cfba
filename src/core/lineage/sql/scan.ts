import type { WriteKind } from "../../model/lineage";
import { isUnknown, unknownText } from "../unknown-text";
import { sqlTokens, type SqlToken } from "./tokens";

/** What SQL does, as the scan comes upon it. `at` is an offset in the text. */
export interface SqlSink {
  /** @param parts of the name, each without quotes */
  read(parts: readonly string[], at: number): void;
  write(parts: readonly string[], kind: WriteKind, at: number): void;
  readPath(path: string, at: number): void;
  writePath(path: string, kind: WriteKind, at: number): void;
  /** A view of the session, which is no table of anybody else's. */
  temporaryView(parts: readonly string[]): void;
  /** The default catalog or schema from here on. */
  use(catalog: string | undefined, schema: string | undefined): void;
  /** The value of a parameter or variable, as far as it is known. */
  value(name: string): string | undefined;
  setValue(name: string, value: string, isDefault: boolean): void;
  problem(message: string, at: number): void;
}

/** Statements within statements (`EXECUTE IMMEDIATE`). */
const MAX_NESTED_STATEMENTS = 5;
const MAX_PARENTHESES = 500;
/** Longer text is only read so far. Characters. */
const MAX_SQL = 5_000_000;

/**
 * Finds the tables that SQL statements of Databricks read and write, by keywords, names and parentheses: there is no grammar,
 * so that statements of later versions, and broken ones, give what can be seen in them. Takes time in proportion to the text.
 */
export function scanSql(sql: string, sink: SqlSink, depth = 0): void {
  if (sql.length > MAX_SQL)
    sink.problem("only the first 5 million characters of SQL are analysed", 0);
  const tokens = sqlTokens(sql.slice(0, MAX_SQL));
  let start = 0;
  let parentheses = 0;
  for (let at = 0; at <= tokens.length; at++) {
    const token = tokens[at];
    if (token?.text === "(" && token.kind === "mark") parentheses++;
    if (token?.text === ")" && token.kind === "mark") parentheses--;
    const isEnd = token === undefined || (token.kind === "mark" && token.text === ";");
    if (!isEnd || (parentheses > 0 && token !== undefined)) continue;
    if (isRoutine(tokens, start, at)) at = endOfBlock(tokens, start);
    else if (at > start) new Statement(tokens, at, sink, depth).run(start);
    start = at + 1;
    parentheses = 0;
  }
}

/** Whether a statement makes a procedure or function of several statements: these are executed by its callers. */
function isRoutine(tokens: readonly SqlToken[], from: number, to: number): boolean {
  if (tokens[from]?.word !== "create") return false;
  const kind = tokens.slice(from + 1, from + 5).map(({ word }) => word);
  if (!kind.includes("procedure") && !kind.includes("function")) return false;
  return tokens.slice(from, to).some(({ word }) => word === "begin");
}

/** Where the block that begins behind `from` ends. */
function endOfBlock(tokens: readonly SqlToken[], from: number): number {
  let depth = 0;
  for (let at = from; at < tokens.length; at++) {
    const word = tokens[at]?.word ?? "";
    if (word === "begin" || word === "case") depth++;
    if (word !== "end") continue;
    const next = tokens[at + 1]?.word ?? "";
    if (["if", "while", "for", "loop", "repeat"].includes(next)) continue;
    if (next === "case") at++;
    if (--depth === 0) return at + 1;
  }
  return tokens.length;
}

/** One level of parentheses. */
interface Level {
  /** The word before the parenthesis. */
  readonly opener: string;
  /** The common table expression that it defines. */
  readonly cte: string | undefined;
  ctes: Set<string> | undefined;
  /** Between FROM and what follows its list. */
  from: boolean;
  /** A relation comes next. */
  expect: boolean;
}

/** Functions whose argument has a FROM that names no table. */
const FROM_IN_ARGUMENTS = new Set([
  "extract",
  "trim",
  "substring",
  "substr",
  "overlay",
  "position",
]);

const ENDS_FROM = new Set(
  "where group having order limit qualify window select union except intersect minus set when cluster distribute sort lateral offset".split(
    " ",
  ),
);

/** Words that may follow a relation, so that what is before them is its name. */
const ENDS_RELATION = new Set([
  ...ENDS_FROM,
  ..."as join inner left right full cross natural anti semi on using pivot unpivot tablesample".split(
    " ",
  ),
]);

/** Maximum tokens searched for a closing parenthesis, so that nested calls take bounded time. */
const MAX_ARGUMENT_TOKENS = 1000;

/** Words that come before the statement itself, in scripts. */
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

const FILE_FUNCTIONS = new Set(["read_files", "cloud_files", "files", "list_files"]);
const FORMATS = new Set("delta parquet csv json text avro orc binaryfile iceberg xml".split(" "));

class Statement {
  /** The word that says what it does. */
  #verb = "";
  readonly #tokens: readonly SqlToken[];
  readonly #to: number;
  readonly #sink: SqlSink;
  readonly #depth: number;

  public constructor(tokens: readonly SqlToken[], to: number, sink: SqlSink, depth: number) {
    this.#tokens = tokens;
    this.#to = to;
    this.#sink = sink;
    this.#depth = depth;
  }

  #word(at: number): string {
    return at < this.#to ? (this.#tokens[at]?.word ?? "") : "";
  }

  #isName(at: number): boolean {
    const kind = at < this.#to ? this.#tokens[at]?.kind : undefined;
    return kind === "name" || kind === "quoted";
  }

  #place(at: number): number {
    return this.#tokens[at]?.at ?? 0;
  }

  /** Where one of the words is next, outside of parentheses. */
  #find(from: number, ...words: readonly string[]): number | undefined {
    let depth = 0;
    for (let at = from; at < this.#to; at++) {
      const word = this.#word(at);
      if (word === "(") depth++;
      else if (word === ")") depth--;
      else if (depth === 0 && words.includes(word)) return at;
    }
    return undefined;
  }

  #skip(at: number, ...words: readonly string[]): number {
    let place = at;
    while (words.includes(this.#word(place))) place++;
    return place;
  }

  public run(from: number): void {
    let at = this.#skip(from, ...BEFORE_STATEMENT);
    for (;;) {
      const word = this.#word(at);
      if (!["if", "elseif", "while", "for", "case", "until"].includes(word)) break;
      const then = this.#find(at + 1, "then", "do");
      this.#query(at + 1, then ?? this.#to);
      if (then === undefined) return;
      at = this.#skip(then + 1, ...BEFORE_STATEMENT);
    }
    // A label before a block: name: BEGIN
    if (this.#isName(at) && this.#word(at + 1) === ":")
      at = this.#skip(at + 2, ...BEFORE_STATEMENT);
    const verb = this.#word(at);
    this.#verb = verb;
    switch (verb) {
      case "insert":
        this.#insert(at);
        break;
      case "merge":
        this.#merge(at);
        break;
      case "update":
        this.#query(this.#target(at + 1, "update"), this.#to);
        break;
      case "delete":
        this.#query(this.#target(this.#skip(at + 1, "from"), "update"), this.#to);
        break;
      case "truncate":
        this.#target(this.#skip(at + 1, "table"), "overwrite");
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
        this.#query(this.#target(this.#skip(at + 1, "into"), "append"), this.#to);
        break;
      case "load": {
        const into = this.#find(at, "table");
        const path = this.#tokens
          .slice(at, Math.min(this.#to, at + 6))
          .find(({ kind }) => kind === "string");
        if (path !== undefined) this.#sink.readPath(path.text, path.at);
        if (into !== undefined)
          this.#target(into + 1, this.#word(into - 2) === "overwrite" ? "overwrite" : "append");
        break;
      }
      case "restore":
        this.#target(this.#skip(at + 1, "table"), "overwrite");
        break;
      case "apply":
        if (this.#word(at + 1) === "changes") this.#changes(this.#skip(at + 2, "into"));
        break;
      case "cache": {
        const lazy = this.#skip(at + 1, "lazy");
        const name = this.#dotted(this.#skip(lazy, "table"));
        const as = this.#find(lazy, "as");
        if (name === undefined) break;
        if (as === undefined) this.#sink.read(name.parts, this.#place(at));
        else {
          this.#query(as + 1, this.#to);
          this.#sink.temporaryView(name.parts);
        }
        break;
      }
      case "use":
        this.#use(at + 1);
        break;
      case "set":
        if (["var", "variable"].includes(this.#word(at + 1))) this.#assign(at + 2, "=");
        else this.#query(at + 1, this.#to);
        break;
      case "declare":
        this.#declare(at + 1);
        break;
      case "execute":
        if (this.#word(at + 1) === "immediate") this.#immediate(at + 2);
        break;
      case "select":
      case "with":
      case "from":
      case "table":
      case "values":
      case "return":
      case "(":
        this.#query(at, this.#to);
        this.#written(at);
        break;
      default:
      // Such as OPTIMIZE, VACUUM, ANALYZE, DESCRIBE, SHOW, GRANT: no rows are read or written.
    }
  }

  /** The target of a statement that begins with its common table expressions, or with FROM. */
  #written(from: number): void {
    const at = this.#find(from, "insert", "merge", "update", "delete");
    if (at === undefined || this.#word(from) === "select") return;
    const verb = this.#word(at);
    if (verb === "insert") this.#insertTarget(at);
    else this.#target(this.#skip(at + 1, "into", "from"), verb === "merge" ? "merge" : "update");
  }

  /** Notes that the table at `at` is written, and gives what is behind its name. */
  #target(at: number, kind: WriteKind): number {
    const name = this.#dotted(at);
    if (name === undefined) return at + 1;
    const path = pathOf(name.parts);
    if (path !== undefined) this.#sink.writePath(path, kind, this.#place(at));
    else this.#sink.write(name.parts, kind, this.#place(at));
    return name.next;
  }

  #insert(at: number): void {
    this.#query(this.#insertTarget(at), this.#to);
  }

  /** @returns what is behind the target */
  #insertTarget(at: number): number {
    const isOverwrite = this.#word(at + 1) === "overwrite";
    let place = this.#skip(at + 1, "into", "overwrite", "local");
    if (this.#word(place) === "directory") {
      const path = this.#tokens[place + 1];
      if (path?.kind === "string") this.#sink.writePath(path.text, "overwrite", path.at);
      return place + 2;
    }
    if (this.#word(place) === "table" && this.#isName(place + 1)) place++;
    const replaces = this.#find(place, "replace", "select", "values", "with", "table") ?? this.#to;
    const kind = isOverwrite || this.#word(replaces) === "replace" ? "overwrite" : "append";
    return this.#target(place, kind);
  }

  #merge(at: number): void {
    const into = this.#find(at, "into");
    if (into === undefined) return;
    const next = this.#target(into + 1, "merge");
    const using = this.#find(next, "using");
    if (using !== undefined) this.#query(using, this.#to, true);
  }

  #drop(at: number): void {
    const place = this.#skip(
      at + 1,
      "temporary",
      "temp",
      "external",
      "materialized",
      "streaming",
      "live",
    );
    if (!["table", "view"].includes(this.#word(place))) return;
    const name = this.#ifExists(place + 1);
    this.#target(name, "drop");
  }

  #ifExists(at: number): number {
    return this.#word(at) === "if" ? this.#skip(at, "if", "not", "exists") : at;
  }

  #create(at: number): void {
    let place = at + 1;
    let replaces = this.#word(at) === "replace";
    let temporary = false;
    let global = false;
    for (; place < this.#to; place++) {
      const word = this.#word(place);
      if (word === "replace") replaces = true;
      else if (word === "temp" || word === "temporary") temporary = true;
      else if (word === "global") global = true;
      else if (
        ![
          "or",
          "refresh",
          "live",
          "streaming",
          "materialized",
          "external",
          "private",
          "incremental",
          "managed",
          "unset",
        ].includes(word)
      )
        break;
    }
    const what = this.#word(place);
    if (what === "widget") {
      const name = this.#tokens[place + 2];
      const fallback = this.#find(place, "default");
      const value = fallback === undefined ? undefined : this.#tokens[fallback + 1];
      if (name !== undefined) this.#sink.setValue(name.text, value?.text ?? "", true);
      return;
    }
    if (what === "flow") {
      const into = this.#find(place, "into");
      if (into !== undefined) this.#changes(into + 1);
      return;
    }
    const isView = what === "view" || (what === "table" && temporary);
    // CREATE MATERIALIZED VIEW, STREAMING TABLE
    if (what !== "table" && what !== "view") return;
    const nameAt = this.#ifExists(place + 1);
    const ifMissing = nameAt > place + 1;
    const name = this.#dotted(nameAt);
    if (name === undefined) return;
    const query = this.#find(name.next, "as", "like", "clone");
    if (isView && temporary && !global) {
      if (query !== undefined) this.#query(query + 1, this.#to);
      else this.#options(name.next);
      this.#sink.temporaryView(name.parts);
      return;
    }
    const source = query === undefined ? "" : this.#word(query);
    const isPlain = query === undefined || source === "like";
    const isStreaming = ["streaming", "live", "refresh", "materialized"].some((word) =>
      this.#tokens.slice(at, place).some((token) => token.word === word),
    );
    const kind: WriteKind = isStreaming
      ? "overwrite"
      : ifMissing && isPlain && !replaces
        ? "create-if-missing"
        : "create";
    if (global) this.#sink.write(["global_temp", ...name.parts.slice(-1)], kind, this.#place(at));
    else this.#target(nameAt, kind);
    const location = this.#find(name.next, "location");
    const path = location === undefined ? undefined : this.#tokens[location + 1];
    if (path?.kind === "string" && location !== undefined && location < (query ?? this.#to)) {
      // A table over files that are there already reads them; one that gets rows writes them.
      if (query !== undefined && source === "as") this.#sink.writePath(path.text, kind, path.at);
    }
    if (source === "like") return;
    if (source === "clone" && query !== undefined) {
      this.#relation(query + 1);
      return;
    }
    if (query !== undefined) this.#query(query + 1, this.#to);
  }

  /** OPTIONS (path '…') of a view over files. */
  #options(from: number): void {
    for (let at = from; at < this.#to; at++) {
      const value = this.#tokens[at + 1];
      const name = this.#tokens[at];
      const isPath = name?.word === "path" || (name?.kind === "string" && name.text === "path");
      if (isPath && value?.kind === "string") this.#sink.readPath(value.text, value.at);
    }
  }

  #alter(at: number): void {
    const what = this.#skip(at + 1, "materialized", "streaming");
    const name = this.#dotted(this.#ifExists(what + 1));
    if (name === undefined) return;
    if (this.#word(what) === "view" && this.#word(name.next) === "as") {
      this.#target(what + 1, "create");
      this.#query(name.next + 1, this.#to);
    } else if (this.#word(name.next) === "rename" && this.#word(name.next + 1) === "to") {
      this.#target(this.#ifExists(what + 1), "drop");
      this.#target(name.next + 2, "create");
    }
  }

  /** APPLY CHANGES INTO target FROM source, and its newer spelling AUTO CDC INTO. */
  #changes(at: number): void {
    const next = this.#target(at, "merge");
    const from = this.#find(next, "from");
    if (from !== undefined) this.#query(from, this.#to);
  }

  #use(at: number): void {
    const isCatalog = this.#word(at) === "catalog";
    const isSchema = ["schema", "database"].includes(this.#word(at));
    const next = this.#tokens[isCatalog || isSchema ? at + 1 : at];
    const name =
      next?.kind === "string"
        ? { parts: [next.text] }
        : this.#dotted(isCatalog || isSchema ? at + 1 : at);
    const parts = name?.parts ?? [];
    const [first, second] = parts;
    if (first === undefined) return;
    if (isCatalog) this.#sink.use(first, undefined);
    else if (second === undefined) this.#sink.use(undefined, first);
    else this.#sink.use(first, second);
  }

  /** DECLARE [OR REPLACE] [VARIABLE] name [type] DEFAULT value */
  #declare(at: number): void {
    const name = this.#skip(at, "or", "replace", "variable", "var");
    const value = this.#find(name, "default", "=");
    if (!this.#isName(name) || value === undefined) return;
    this.#sink.setValue(this.#tokens[name]?.text ?? "", this.#text(value + 1, this.#to), false);
    this.#query(value + 1, this.#to);
  }

  #assign(at: number, mark: string): void {
    if (this.#isName(at) && this.#word(at + 1) === mark)
      this.#sink.setValue(this.#tokens[at]?.text ?? "", this.#text(at + 2, this.#to), false);
    this.#query(at, this.#to);
  }

  #immediate(at: number): void {
    const end = this.#find(at, "into", "using") ?? this.#to;
    const sql = this.#text(at, end);
    const place = this.#place(at);
    if (this.#depth >= MAX_NESTED_STATEMENTS) return;
    const sink = this.#sink;
    scanSql(
      sql,
      {
        read: (parts) => {
          sink.read(parts, place);
        },
        write: (parts, kind) => {
          sink.write(parts, kind, place);
        },
        readPath: (path) => {
          sink.readPath(path, place);
        },
        writePath: (path, kind) => {
          sink.writePath(path, kind, place);
        },
        temporaryView: (parts) => {
          sink.temporaryView(parts);
        },
        use: (catalog, schema) => {
          sink.use(catalog, schema);
        },
        value: (name) => sink.value(name),
        setValue: (name, value, isDefault) => {
          sink.setValue(name, value, isDefault);
        },
        problem: (message) => {
          sink.problem(message, place);
        },
      },
      this.#depth + 1,
    );
    if (isUnknown(sql)) sink.problem("the text of EXECUTE IMMEDIATE is not known", place);
  }

  /** The value of an expression of text: literals, parameters and variables, put together with || or concat. */
  #text(from: number, to: number): string {
    let text = "";
    for (let at = from; at < to; at++) {
      const token = this.#tokens[at];
      if (token === undefined) break;
      const { kind, word } = token;
      if (kind === "string") text += token.text;
      else if (kind === "parameter" || kind === "quoted")
        text += this.#sink.value(token.text) ?? unknownText(token.text);
      else if (kind === "number") text += token.text;
      else if (kind === "name") {
        if (word === "concat" && this.#word(at + 1) === "(") continue;
        if (this.#word(at + 1) === "(") return text + unknownText(token.text);
        if (this.#word(at + 1) === ".") continue;
        text += this.#sink.value(token.text) ?? unknownText(token.text);
      } else if (!["|", "(", ")", ",", "."].includes(word)) return text + unknownText("expression");
    }
    return text;
  }

  /** The name at `at`, of one or more parts. */
  #dotted(at: number): { readonly parts: string[]; readonly next: number } | undefined {
    if (!this.#isName(at)) return undefined;
    const parts: string[] = [];
    let place = at;
    if (this.#word(at) === "identifier" && this.#word(at + 1) === "(") {
      const close = this.#closing(at + 1);
      parts.push(...partsOf(this.#text(at + 2, close)));
      place = close + 1;
    } else {
      parts.push(this.#tokens[at]?.text ?? "");
      place++;
    }
    while (this.#word(place) === "." && this.#isName(place + 1)) {
      parts.push(this.#tokens[place + 1]?.text ?? "");
      place += 2;
    }
    return { parts, next: place };
  }

  #closing(open: number): number {
    let depth = 0;
    const end = Math.min(this.#to, open + MAX_ARGUMENT_TOKENS);
    for (let at = open; at < end; at++) {
      if (this.#word(at) === "(") depth++;
      if (this.#word(at) === ")" && --depth === 0) return at;
    }
    return end;
  }

  /** Notes the relation at `at`, and gives what is behind its name. */
  #relation(at: number, levels: readonly Level[] = []): number {
    const name = this.#dotted(at);
    if (name === undefined) return at + 1;
    const { parts, next } = name;
    const [first = ""] = parts;
    const path = pathOf(parts);
    if (path !== undefined) this.#sink.readPath(path, this.#place(at));
    else if (this.#word(next) === "(" && this.#isFunction(at, next)) {
      const called = (parts.at(-1) ?? "").toLowerCase();
      if (FILE_FUNCTIONS.has(called))
        this.#argument(next, "path", (text, place) => {
          this.#sink.readPath(text, place);
        });
      else if (
        called === "table_changes" ||
        called === "table_changes_by_path" ||
        called === "vector_search"
      )
        this.#argument(next, "table", (text, place) => {
          this.#sink.read(partsOf(text), place);
        });
    } else if (
      parts.length > 1 ||
      !levels.some(({ ctes }) => ctes?.has(first.toLowerCase()) === true)
    )
      this.#sink.read(parts, this.#place(at));
    return next;
  }

  /** A parenthesis behind a relation's name holds arguments, unless it is behind IDENTIFIER(…) already. */
  #isFunction(at: number, next: number): boolean {
    return (
      !(this.#word(at) === "identifier" && next > at + 1) &&
      this.#tokens[next - 1]?.kind !== "quoted"
    );
  }

  /** The first argument of a function, or the one that `=>` names. */
  #argument(open: number, name: string, found: (text: string, at: number) => void): void {
    let at = open + 1;
    const close = this.#closing(open);
    for (let place = open + 1; place < close; place++)
      if (this.#word(place) === name && this.#word(place + 1) === "=") at = place + 3;
    if (at === open + 1 && this.#word(at + 1) === "=") return;
    let end = at;
    for (let depth = 0; end < close; end++) {
      const word = this.#word(end);
      if (word === "(") depth++;
      if (word === ")") depth--;
      if (word === "," && depth === 0) break;
    }
    if (end > at) found(this.#text(at, end), this.#place(at));
  }

  /** Notes everything that is read from here on. @param isUsing a USING that the source of MERGE follows is at `from` */
  #query(from: number, to: number, isUsing = false): void {
    const levels: Level[] = [
      { opener: "", cte: undefined, ctes: undefined, from: isUsing, expect: isUsing },
    ];
    let recursive = false;
    for (let at = isUsing ? from + 1 : from; at < to; at++) {
      const token = this.#tokens[at];
      const level = levels.at(-1);
      if (token === undefined || level === undefined) break;
      const { word, kind } = token;
      if (kind === "mark") {
        if (word === "(") {
          if (levels.length >= MAX_PARENTHESES) {
            this.#sink.problem(
              `SQL is nested deeper than ${MAX_PARENTHESES} parentheses`,
              token.at,
            );
            return;
          }
          const next = this.#word(at + 1);
          const isQuery = ["select", "with", "from", "values", "table"].includes(next);
          const before = this.#tokens[at - 1];
          const isStream = ["stream", "table", "snapshot"].includes(before?.word ?? "");
          const isRelation = level.expect && !isQuery;
          const expect = isRelation || (isStream && level.from && !isQuery);
          level.expect = false;
          levels.push({
            opener: before?.word ?? "",
            cte: undefined,
            ctes: undefined,
            from: expect,
            expect,
          });
        } else if (word === ")") {
          if (levels.length === 1) continue;
          levels.pop();
          const parent = levels.at(-1);
          if (level.cte !== undefined && parent !== undefined) {
            (parent.ctes ??= new Set()).add(level.cte);
            if (this.#word(at + 1) === ",") at = this.#beginCte(at + 2, levels, recursive);
          }
        } else if (word === ",") {
          if (level.from) level.expect = true;
        } else if (word !== "." && word !== "|") level.expect = false;
        continue;
      }
      if (kind === "string") {
        if (level.expect && this.#verb === "copy") this.#sink.readPath(token.text, token.at);
        level.expect = false;
        continue;
      }
      if (kind === "number" || kind === "parameter") {
        level.expect = false;
        continue;
      }
      const before = this.#word(at - 1);
      if (kind === "name" && before !== ".") {
        if (word === "with") {
          const first = this.#skip(at + 1, "recursive");
          recursive = first > at + 1;
          const isCte = this.#isName(first) && ["as", "("].includes(this.#word(first + 1));
          if (isCte) {
            at = this.#beginCte(first, levels, recursive);
            continue;
          }
        }
        if (word === "from") {
          const isDistinct = before === "distinct" && ["is", "not"].includes(this.#word(at - 2));
          if (isDistinct || FROM_IN_ARGUMENTS.has(level.opener)) continue;
          level.from = true;
          level.expect = true;
          continue;
        }
        if (word === "join") {
          level.from = true;
          level.expect = true;
          continue;
        }
        // TABLE orders, for SELECT * FROM orders
        const isQuery = at === from || ["(", "all", "union", "as", "name"].includes(before);
        if (word === "table" && this.#isName(at + 1) && !level.expect && isQuery) {
          level.expect = true;
          continue;
        }
        if (level.expect && (word === "lateral" || word === "only")) continue;
        if (level.expect && ["stream", "table", "snapshot"].includes(word)) {
          const next = this.#word(at + 1);
          const isNamed = word !== "table" && this.#isName(at + 1) && !ENDS_RELATION.has(next);
          if (next === "(" || isNamed) continue;
        }
        if (ENDS_FROM.has(word)) {
          level.from = false;
          level.expect = false;
          continue;
        }
        if (level.expect && word === "values") {
          level.expect = false;
          // Commas divide its rows.
          level.from = false;
          continue;
        }
      }
      if (!level.expect) continue;
      level.expect = false;
      at = this.#relation(at, levels) - 1;
    }
  }

  /** Begins the common table expression whose name is at `at`; gives the place of the parenthesis that opens it. */
  #beginCte(at: number, levels: Level[], recursive: boolean): number {
    if (!this.#isName(at)) return at - 1;
    const name = (this.#tokens[at]?.text ?? "").toLowerCase();
    let place = at + 1;
    // AS may be left out; then the parenthesis holds the query instead of names of columns.
    const isBody = ["select", "with", "from", "values", "("].includes(this.#word(place + 1));
    if (this.#word(place) === "(" && !isBody) place = this.#closing(place) + 1;
    if (this.#word(place) === "max") place += 3;
    place = this.#skip(place, "as", "not", "materialized");
    if (this.#word(place) !== "(" || levels.length >= MAX_PARENTHESES) return place - 1;
    const level = levels.at(-1);
    if (recursive && level !== undefined) (level.ctes ??= new Set()).add(name);
    levels.push({ opener: "", cte: name, ctes: undefined, from: false, expect: false });
    return place;
  }
}

/** The path of delta.`/path` and the like. */
function pathOf(parts: readonly string[]): string | undefined {
  const [format = "", path = "", ...more] = parts;
  if (more.length > 0 || !FORMATS.has(format.toLowerCase())) return undefined;
  return path.includes("/") || path.includes(":") ? path : undefined;
}

/** The parts of a name in text, such as the argument of IDENTIFIER or spark.table; quotes may hold dots. */
export function partsOf(name: string): string[] {
  const parts = Array.from(
    name.trim().matchAll(/`((?:[^`]|``)*)`|([^.`]+)/g),
    ([, quoted, bare]) => quoted?.replaceAll("``", "`") ?? bare?.trim() ?? "",
  );
  return parts.length === 0 ? [name.trim()] : parts;
}
