import { visibleWidth } from "@jobstrata/core/report";

/** The part of a terminal that a screen draws on. */
export interface Terminal {
  readonly columns: number;
  readonly rows: number;
  write(text: string): void;
  /** Calls back when the size has changed, until what it gives is called. */
  onResize(changed: () => void): () => void;
}

const HIDE_CURSOR = "\u001b[?25l";
const SHOW_CURSOR = "\u001b[?25h";
const CLEAR_DOWN = "\u001b[0J";
/** Terminals that know them show what is between at once, so that nothing flickers. */
const BEGIN = "\u001b[?2026h";
const END = "\u001b[?2026l";

/** Lines at the end of a terminal that are drawn again and again. Lines before them stay. */
export class LiveScreen {
  #drawn = 0;
  #columns = 0;
  #lines: readonly string[] = [];
  readonly #stopListening: () => void;
  readonly #restore = (): void => {
    this.#terminal.write(SHOW_CURSOR);
  };

  readonly #terminal: Terminal;
  readonly #draw: (columns: number, rows: number) => readonly string[];

  /** @param draw returns the lines for a number of columns and rows; none may be wider */
  public constructor(
    terminal: Terminal,
    draw: (columns: number, rows: number) => readonly string[],
  ) {
    this.#terminal = terminal;
    this.#draw = draw;

    terminal.write(HIDE_CURSOR);
    // However this process ends, the cursor comes back.
    process.on("exit", this.#restore);
    this.#stopListening = terminal.onResize(() => {
      this.update();
    });
  }

  /** Draws. */
  public update(): void {
    const { columns, rows } = this.#terminal;
    // The last row is left free: a line break there would scroll.
    const lines = this.#draw(columns, Math.max(1, rows - 1));
    if (columns === this.#columns && same(lines, this.#lines)) return;
    this.#show(lines);
  }

  /** Takes away what is drawn. */
  public close(): void {
    this.#terminal.write(this.#eraseCodes());
    this.#stopListening();
    process.off("exit", this.#restore);
    this.#restore();
  }

  #show(lines: readonly string[]): void {
    const erase = this.#eraseCodes();
    this.#drawn = lines.length;
    this.#columns = this.#terminal.columns;
    this.#lines = lines;
    this.#terminal.write(`${BEGIN}${erase}${lines.map((line) => `${line}\n`).join("")}${END}`);
  }

  /** Back to where drawing began. A terminal that became narrower has wrapped the lines that are too long for it now. */
  #eraseCodes(): string {
    if (this.#drawn === 0) return `\r${CLEAR_DOWN}`;
    const { columns, rows } = this.#terminal;
    const wrapped =
      columns < this.#columns
        ? this.#lines.reduce(
            (sum, line) => sum + Math.max(1, Math.ceil(visibleWidth(line) / columns)),
            0,
          )
        : this.#drawn;
    return `\r\u001b[${Math.min(wrapped, rows - 1)}A${CLEAR_DOWN}`;
  }
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, at) => line === b[at]);
}
