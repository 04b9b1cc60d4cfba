import type { NotebookWidgets } from "../../model/job-spec";
import { type NotebookCell, notebookSource } from "../../model/notebook-cells";
import { branches, pythonBranches } from "./branches";
import { endOfComment } from "../../lineage/sql/tokens";
import { endOf, endOfQuoted, matchAt, nesting } from "./code-text";
import { type Token, tokensOf } from "./code-tokens";

/**
 * Finds the widgets that a notebook reads and declares. Never throws; takes time in proportion to the source.
 *
 * @param extension `py`, `ipynb`, `sql`, `scala` or `r`
 * @param included returns the widgets of a notebook executed with `%run`, by the path written there
 * @returns undefined for other extensions and a broken `ipynb`
 */
export function notebookWidgets(
  source: string,
  extension: string,
  included: (path: string) => NotebookWidgets | undefined = () => undefined,
): NotebookWidgets | undefined {
  const notebook = notebookSource(source, extension);
  if (notebook === undefined) return undefined;
  const found = new Widgets(included);
  for (const widget of notebook.widgets) found.declare(widget);
  for (const cell of notebook.cells) found.readCell(cell);
  return found.result();
}

const DECLARING = ["text", "dropdown", "combobox", "multiselect"];

/** SQL keywords before a value: a `:name` after one of them is a parameter. */
const SQL_KEYWORDS = new Set(
  (
    "select where and or not in on then else when case between like rlike ilike limit offset by having using values " +
    "set as is distinct all any some from join interval catalog schema database table view into default to of version " +
    "timestamp date top with percent exists union except intersect return returns call comment location identifier " +
    "variable var immediate rows range preceding following if elseif while until do div mod escape regexp over filter " +
    "order group partition sort cluster distribute tablesample repeatable columns functions volume function"
  ).split(" "),
);

/** Maximum tokens searched for the keyword argument `name`, so that nested calls stay fast. */
const MAX_ARGUMENT_TOKENS = 300;

/** Names that are available without an assignment. */
const ALWAYS = ["DBUtils", "getArgument"];

/** Matches any SQL that may read or declare a widget. */
const MAY_READ_IN_SQL = /[:$]|getargument|widget/i;

class Widgets {
  readonly #reads = new Set<string>();
  readonly #declares = new Set<string>();
  /** Names of `dbutils`; {@link #aliases} has those of `dbutils.widgets`. */
  readonly #utilities = new Set<string>(["dbutils"]);
  readonly #aliases = new Set<string>();
  #open = false;
  /** The name of a declared widget is computed, or unknown code may declare widgets, so any widget may have a default. */
  #declaresOthers = false;

  readonly #included: (path: string) => NotebookWidgets | undefined;

  public constructor(included: (path: string) => NotebookWidgets | undefined) {
    this.#included = included;
  }

  public declare(name: string): void {
    this.#declares.add(name);
  }

  public result(): NotebookWidgets {
    const declares = this.#declaresOthers ? [...this.#declares, ...this.#reads] : this.#declares;
    return {
      reads: [...this.#reads].sort(),
      declares: [...new Set(declares)].sort(),
      open: this.#open,
    };
  }

  public readCell({ language, code }: NotebookCell): void {
    // Most cells do not use widgets; finding their tokens would waste time.
    switch (language) {
      case "run":
        this.#include(code);
        break;
      case "sql":
        if (MAY_READ_IN_SQL.test(code)) this.#readSql(code);
        break;
      case "python": {
        if (!this.#mayUse(code)) break;
        const tokens = tokensOf(code, language);
        this.#readTokens(tokens, pythonBranches(tokens));
        break;
      }
      case "scala":
      case "r": {
        if (!this.#mayUse(code)) break;
        const tokens = tokensOf(code, language);
        this.#readTokens(tokens, branches(tokens));
        break;
      }
      case "other":
        break;
    }
  }

  /** True if code contains a name that gives access to widgets. */
  #mayUse(code: string): boolean {
    for (const names of [ALWAYS, this.#utilities, this.#aliases])
      for (const name of names) if (code.includes(name)) return true;
    return false;
  }

  /** Adds the widgets of a notebook executed with `%run`, as if its cells were here. */
  #include(argument: string): void {
    const [, double, single, bare] = /^(?:"([^"]*)"|'([^']*)'|(\S+))/.exec(argument.trim()) ?? [];
    const path = double ?? single ?? bare;
    const other = path === undefined ? undefined : this.#included(path);
    for (const name of other?.reads ?? []) this.#reads.add(name);
    for (const name of other?.declares ?? []) this.declare(name);
    if (other?.open !== false) this.#open = true;
    if (other === undefined) this.#declaresOthers = true;
  }

  /** Notes that unknown code gets the widgets, and may read and declare any. */
  #giveAway(): void {
    this.#open = true;
    this.#declaresOthers = true;
  }

  /** @param mayBeSkipped true for a token in code that may not run, or whose failure is caught */
  #readTokens(tokens: readonly Token[], mayBeSkipped: (at: number) => boolean): void {
    const is = (at: number, ...texts: string[]): boolean => {
      const token = tokens[at];
      return token !== undefined && token.kind !== "string" && texts.includes(token.text);
    };
    /** Returns the name that the value at `at` is assigned to, if any. */
    const assigned = (at: number): string | undefined => {
      const name = tokens[at - 2];
      if (!is(at - 1, "=") || is(at - 3, "(", ",", ".", ":", "=", "[", "*")) return undefined;
      return name?.kind === "name" ? name.text : undefined;
    };
    for (const [at, { kind, text }] of tokens.entries()) {
      if (kind !== "name") continue;
      let after: number;
      if (this.#utilities.has(text) && !is(at - 1, ".")) {
        if (!is(at + 1, ".")) {
          // `dbutils` itself is passed on, unless this only assigns or imports it, or declares a parameter.
          const made = is(at + 1, "=", ":") && !is(at - 1, "(", ",");
          if (made || is(at - 1, "import") || isParameter(tokens, at)) continue;
          const alias = is(at + 1, ",", ")", "(", "[") ? undefined : assigned(at);
          if (alias === undefined) this.#giveAway();
          else this.#utilities.add(alias);
          continue;
        }
        if (is(at + 2, "notebook") && is(at + 4, "entry_point")) this.#entryPoint(tokens, at + 5);
        if (!is(at + 2, "widgets")) continue;
        after = at + 3;
        const alias = assigned(at);
        if (!is(after, ".") && alias !== undefined) {
          this.#aliases.add(alias);
          continue;
        }
      } else if (is(at - 1, ".")) continue;
      else if (text === "DBUtils" && is(at + 1, "(")) {
        const alias = assigned(at);
        if (alias !== undefined) this.#utilities.add(alias);
        continue;
      } else if (text === "getArgument" && is(at + 1, "(")) {
        this.#call("getArgument", tokens, at + 2, mayBeSkipped(at));
        continue;
      } else if (this.#aliases.has(text)) {
        after = at + 1;
        if (is(after, "=")) continue;
      } else continue;
      const method = tokens[after + 1];
      if (is(after, ".") && method?.kind === "name" && is(after + 2, "("))
        this.#call(method.text, tokens, after + 3, mayBeSkipped(at));
      else this.#giveAway();
    }
  }

  /**
   * In `dbutils.notebook.entry_point`, only getCurrentBindings() reads parameters.
   *
   * @param at the token after it
   */
  #entryPoint(tokens: readonly Token[], at: number): void {
    let place = at;
    let last = "entry_point";
    while (tokens[place]?.text === "." && tokens[place]?.kind === "mark") {
      last = tokens[place + 1]?.text ?? "";
      if (last === "getCurrentBindings") this.#open = true;
      place += 2;
      // None of these methods has arguments.
      if (tokens[place]?.text === "(" && tokens[place + 1]?.text === ")") place += 2;
      else break;
    }
    // Assigned to another name, it may be used for anything.
    if (["entry_point", "getDbutils", "widgets"].includes(last)) this.#giveAway();
  }

  /** @param at the first token of the arguments */
  #call(method: string, tokens: readonly Token[], at: number, mayBeSkipped: boolean): void {
    const reads = method === "get" || method === "getArgument";
    // Code that reads all parameters can check for one before it reads it.
    if (method === "getAll") this.#giveAway();
    if (!reads && !DECLARING.includes(method)) return;
    const place = nameArgument(tokens, at);
    const name = tokens[place];
    const next = tokens[place + 1];
    // Before anything else, such as a +, the string is only part of the name.
    const whole = next?.kind === "mark" && [",", ")"].includes(next.text);
    if (name?.kind !== "string" || name.computed || !whole) {
      this.#open = true;
      if (!reads) this.#declaresOthers = true;
      return;
    }
    if (!reads) {
      this.declare(name.text);
      return;
    }
    this.#reads.add(name.text);
    // The second argument is the default.
    const hasDefault = next.text === "," && tokens[place + 2]?.text !== ")";
    const behind = tokens[place + 2];
    const isTernary = next.text === ")" && behind?.text === "if" && behind.indent === undefined;
    if (hasDefault || isTernary || mayBeSkipped) this.declare(name.text);
  }

  /** SQL reads widgets as `:name`, `${name}`, `$name` and `getArgument("name")`. */
  #readSql(code: string): void {
    const tokens: Token[] = [];
    const pieces = /--|\/\*|::|\\[^]|[\p{L}\p{N}_]+|\S/gu;
    for (let match = pieces.exec(code); match !== null; match = pieces.exec(code)) {
      const [piece] = match;
      const end = pieces.lastIndex;
      if (piece === "--") pieces.lastIndex = endOf(code, "\n", end);
      else if (piece === "/*") pieces.lastIndex = endOfComment(code, end);
      else if (piece === "'" || piece === '"' || piece === "`") {
        const raw =
          /r/i.test(code.charAt(match.index - 1)) && /^r$/i.test(tokens.at(-1)?.text ?? "");
        if (raw) tokens.pop();
        const stop = endOfQuoted(code, end, piece, !raw && piece !== "`");
        const text = code.slice(end, stop);
        tokens.push({ kind: "string", text, computed: false });
        this.#readSubstitutions(text, true);
        pieces.lastIndex = stop + 1;
      } else if (piece === "$" && code.charAt(end) === "$") {
        // The body of a function.
        pieces.lastIndex = endOf(code, "$$", end + 1);
      } else if (piece === "$") {
        const [rest = ""] = matchAt(/\{[^{}\n]*\}|[\p{L}_][\p{L}\p{N}_]*/uy, code, end) ?? [];
        this.#readSubstitutions(piece + rest, false);
        pieces.lastIndex = end + rest.length;
      } else if (piece === ":") {
        // After a value, also with a blank in between, it is a path into JSON.
        if (/[\p{L}\p{N}_)\]}`'"]/u.test(code.charAt(match.index - 1))) continue;
        const before = tokens.at(-1);
        if (before?.kind === "name" && !SQL_KEYWORDS.has(before.text.toLowerCase())) continue;
        const [name] = matchAt(/[\p{L}_][\p{L}\p{N}_]*|`[^`\n]+`/uy, code, end) ?? [];
        if (name === undefined) continue;
        this.#reads.add(name.replaceAll("`", ""));
        pieces.lastIndex = end + name.length;
      } else tokens.push({ kind: /^[\p{L}\p{N}_]/u.test(piece) ? "name" : "mark", text: piece });
    }
    this.#readSqlTokens(tokens);
  }

  #readSqlTokens(tokens: readonly Token[]): void {
    const word = (at: number): string => tokens[at]?.text.toLowerCase() ?? "";
    for (let at = 0; at < tokens.length; at++) {
      if (tokens[at]?.kind !== "name") continue;
      if (word(at) === "getargument" && word(at + 1) === "(")
        this.#call("getArgument", tokens, at + 2, false);
      const creates = word(at) === "create" && word(at + 1) === "widget";
      const name = creates && DECLARING.includes(word(at + 2)) ? tokens[at + 3] : undefined;
      if (name !== undefined && name.kind !== "mark") this.declare(name.text);
    }
  }

  /** Reads `${name}` and `$name`. The notebook replaces them before parsing the SQL, so quotes do not matter. */
  #readSubstitutions(text: string, quoted: boolean): void {
    const pieces = /\\[^]|\$(?:\{([^{}\n]*)\}|([\p{L}_][\p{L}\p{N}_]*))/gu;
    for (const [, braced, bare] of text.matchAll(pieces)) {
      const name = braced?.trim() ?? bare;
      if (name === undefined || name === "") continue;
      // With a dot, it may be a Spark setting; without braces in a string, plain text with a dollar.
      if (/[.:]/.test(name) || (quoted && bare !== undefined)) this.#open = true;
      else this.#reads.add(name);
    }
  }
}

/** True if the token at `at` is a parameter of a Python function defined here. */
function isParameter(tokens: readonly Token[], at: number): boolean {
  for (let place = at - 1; place > at - MAX_ARGUMENT_TOKENS; place--) {
    const token = tokens[place];
    if (token === undefined || token.text === ")") return false;
    if (token.kind === "mark" && token.text === "(")
      return tokens[place - 1]?.kind === "name" && tokens[place - 2]?.text === "def";
  }
  return false;
}

/** Returns the position of the first argument, or of the keyword argument `name`. */
function nameArgument(tokens: readonly Token[], at: number): number {
  const keyword = (place: number): boolean =>
    tokens[place]?.kind === "name" && tokens[place + 1]?.text === "=";
  if (!keyword(at)) return at;
  let depth = 0;
  for (let place = at; place < at + MAX_ARGUMENT_TOKENS && depth >= 0; place++) {
    const token = tokens[place];
    if (token === undefined) break;
    if (depth === 0 && token.text === "name" && keyword(place)) return place + 2;
    if (token.kind === "mark") depth += nesting(token.text);
  }
  return at;
}
