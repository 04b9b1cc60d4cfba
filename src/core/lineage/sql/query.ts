import type { SqlSink } from "./sink";
import { partsOf, type StatementTokens } from "./statement-tokens";

const MAX_PARENTHESES = 500;

/** One level of parentheses. */
interface Level {
  /** The word before the parenthesis. */
  readonly opener: string;
  /** The common table expression that it defines. */
  readonly cte: string | undefined;
  ctes: Set<string> | undefined;
  /** Whether the position is in the list after FROM. */
  from: boolean;
  /** Whether a relation comes next. */
  expect: boolean;
}

/** Functions whose arguments contain a FROM without a table. */
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

/** Keywords that can follow a relation, so that the token before them is its name. */
const ENDS_RELATION = new Set([
  ...ENDS_FROM,
  ..."as join inner left right full cross natural anti semi on using pivot unpivot tablesample".split(
    " ",
  ),
]);

const FILE_FUNCTIONS = new Set(["read_files", "cloud_files", "files", "list_files"]);
const FORMATS = new Set("delta parquet csv json text avro orc binaryfile iceberg xml".split(" "));

/** Finds what queries read. */
export class QueryScan {
  readonly #tokens: StatementTokens;
  readonly #sink: SqlSink;
  /** Whether strings after FROM are paths. */
  readonly #hasPaths: boolean;

  public constructor(tokens: StatementTokens, sink: SqlSink, hasPaths: boolean) {
    this.#tokens = tokens;
    this.#sink = sink;
    this.#hasPaths = hasPaths;
  }

  /** Records the relation at `at`. @returns the position after its name */
  public relation(at: number, levels: readonly Level[] = []): number {
    const name = this.#tokens.dotted(at);
    if (name === undefined) return at + 1;
    const { parts, next } = name;
    const [first = ""] = parts;
    const path = pathOf(parts);
    if (path !== undefined) this.#sink.readPath(path, this.#tokens.place(at));
    else if (this.#tokens.word(next) === "(" && this.#isFunction(at, next)) {
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
      this.#sink.read(parts, this.#tokens.place(at));
    return next;
  }

  /** A parenthesis after a relation's name contains arguments, unless IDENTIFIER(…) came before it. */
  #isFunction(at: number, next: number): boolean {
    return (
      !(this.#tokens.word(at) === "identifier" && next > at + 1) &&
      this.#tokens.all[next - 1]?.kind !== "quoted"
    );
  }

  /** The first argument of a function, or the one named with `=>`. */
  #argument(open: number, name: string, found: (text: string, at: number) => void): void {
    let at = open + 1;
    const close = this.#tokens.closing(open);
    for (let place = open + 1; place < close; place++)
      if (this.#tokens.word(place) === name && this.#tokens.word(place + 1) === "=") at = place + 3;
    if (at === open + 1 && this.#tokens.word(at + 1) === "=") return;
    let end = at;
    for (let depth = 0; end < close; end++) {
      const word = this.#tokens.word(end);
      if (word === "(") depth++;
      if (word === ")") depth--;
      if (word === "," && depth === 0) break;
    }
    if (end > at) found(this.#tokens.text(at, end), this.#tokens.place(at));
  }

  /** Records all reads from here on. @param isUsing a USING with the source of MERGE is at `from` */
  public read(from: number, to: number, isUsing = false): void {
    const levels: Level[] = [
      { opener: "", cte: undefined, ctes: undefined, from: isUsing, expect: isUsing },
    ];
    let recursive = false;
    for (let at = isUsing ? from + 1 : from; at < to; at++) {
      const token = this.#tokens.all[at];
      const level = levels.at(-1);
      if (token === undefined || level === undefined) break;
      const { word, kind } = token;
      if (kind === "mark") {
        if (word === "(") {
          if (!this.#open(at, levels)) return;
        } else if (word === ")") {
          if (this.#close(levels) && this.#tokens.word(at + 1) === ",")
            at = this.#beginCte(at + 2, levels, recursive);
        } else if (word === ",") {
          if (level.from) level.expect = true;
        } else if (word !== "." && word !== "|") level.expect = false;
        continue;
      }
      if (kind === "string") {
        if (level.expect && this.#hasPaths) this.#sink.readPath(token.text, token.at);
        level.expect = false;
        continue;
      }
      if (kind === "number" || kind === "parameter") {
        level.expect = false;
        continue;
      }
      if (kind === "name" && this.#tokens.word(at - 1) !== ".") {
        if (word === "with") {
          const first = this.#tokens.skip(at + 1, "recursive");
          recursive = first > at + 1;
          const isCte =
            this.#tokens.isName(first) && ["as", "("].includes(this.#tokens.word(first + 1));
          if (isCte) {
            at = this.#beginCte(first, levels, recursive);
            continue;
          }
        }
        if (this.#isKeyword(at, level, at === from)) continue;
      }
      if (!level.expect) continue;
      level.expect = false;
      at = this.relation(at, levels) - 1;
    }
  }

  /** Enters the parenthesis at `at`. @returns false if it is nested too deeply */
  #open(at: number, levels: Level[]): boolean {
    const level = levels.at(-1);
    const before = this.#tokens.all[at - 1];
    if (levels.length >= MAX_PARENTHESES || level === undefined) {
      this.#sink.problem(
        `SQL is nested deeper than ${MAX_PARENTHESES} parentheses`,
        this.#tokens.all[at]?.at ?? 0,
      );
      return false;
    }
    const next = this.#tokens.word(at + 1);
    const isQuery = ["select", "with", "from", "values", "table"].includes(next);
    const isStream = ["stream", "table", "snapshot"].includes(before?.word ?? "");
    const expect = !isQuery && (level.expect || (isStream && level.from));
    level.expect = false;
    levels.push({
      opener: before?.word ?? "",
      cte: undefined,
      ctes: undefined,
      from: expect,
      expect,
    });
    return true;
  }

  /** Leaves a parenthesis. @returns whether it contained a common table expression */
  #close(levels: Level[]): boolean {
    if (levels.length === 1) return false;
    const closed = levels.pop();
    const parent = levels.at(-1);
    if (closed?.cte === undefined || parent === undefined) return false;
    (parent.ctes ??= new Set()).add(closed.cte);
    return true;
  }

  /** Whether the name at `at` is a keyword, which changes whether a relation comes next. */
  #isKeyword(at: number, level: Level, isFirst: boolean): boolean {
    const word = this.#tokens.word(at);
    const before = this.#tokens.word(at - 1);
    if (word === "from") {
      const isDistinct = before === "distinct" && ["is", "not"].includes(this.#tokens.word(at - 2));
      if (!isDistinct && !FROM_IN_ARGUMENTS.has(level.opener)) level.from = level.expect = true;
      return true;
    }
    if (word === "join") {
      level.from = level.expect = true;
      return true;
    }
    // TABLE orders, for SELECT * FROM orders
    const isQuery = isFirst || ["(", "all", "union", "as", "name"].includes(before);
    if (word === "table" && this.#tokens.isName(at + 1) && !level.expect && isQuery) {
      level.expect = true;
      return true;
    }
    if (level.expect && (word === "lateral" || word === "only")) return true;
    if (level.expect && ["stream", "table", "snapshot"].includes(word)) {
      const next = this.#tokens.word(at + 1);
      const isNamed = word !== "table" && this.#tokens.isName(at + 1) && !ENDS_RELATION.has(next);
      if (next === "(" || isNamed) return true;
    }
    // Commas separate the rows of VALUES.
    if (!ENDS_FROM.has(word) && !(level.expect && word === "values")) return false;
    level.from = false;
    level.expect = false;
    return true;
  }

  /** Begins the common table expression whose name is at `at`. @returns the position of its opening parenthesis */
  #beginCte(at: number, levels: Level[], recursive: boolean): number {
    if (!this.#tokens.isName(at)) return at - 1;
    const name = (this.#tokens.all[at]?.text ?? "").toLowerCase();
    let place = at + 1;
    // AS is optional; without it, the parenthesis contains the query instead of column names.
    const isBody = ["select", "with", "from", "values", "("].includes(this.#tokens.word(place + 1));
    if (this.#tokens.word(place) === "(" && !isBody) place = this.#tokens.closing(place) + 1;
    if (this.#tokens.word(place) === "max") place += 3;
    place = this.#tokens.skip(place, "as", "not", "materialized");
    if (this.#tokens.word(place) !== "(" || levels.length >= MAX_PARENTHESES) return place - 1;
    const level = levels.at(-1);
    if (recursive && level !== undefined) (level.ctes ??= new Set()).add(name);
    levels.push({ opener: "", cte: name, ctes: undefined, from: false, expect: false });
    return place;
  }
}

/** The path of delta.`/path` and similar. */
export function pathOf(parts: readonly string[]): string | undefined {
  const [format = "", path = "", ...more] = parts;
  if (more.length > 0 || !FORMATS.has(format.toLowerCase())) return undefined;
  return path.includes("/") || path.includes(":") ? path : undefined;
}
