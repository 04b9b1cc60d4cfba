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
/** Clears a line from the cursor on. Clearing down from the top would put copies into the history of tmux and screen. */
const CLEAR_LINE = "\u001b[K";
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
  #isContinued = false;
  /** Ctrl-Z: the shell gets its cursor, and what is drawn stays above its prompt. */
  readonly #suspend = (): void => {
    this.#terminal.write(SHOW_CURSOR);
    this.#stop();
    // Timers that fell due meanwhile come before SIGCONT, and would draw over what the shell has written.
    this.#isContinued = true;
    this.#drawAfresh();
  };
  readonly #resume = (): void => {
    if (!this.#isContinued) this.#drawAfresh();
    this.#isContinued = false;
  };

  readonly #terminal: Terminal;
  readonly #draw: (columns: number, rows: number) => readonly string[];
  readonly #stop: () => void;

  /**
   * @param draw returns the lines for a number of columns and rows; none may be wider
   * @param stop stops this process, and returns once it is continued
   */
  public constructor(
    terminal: Terminal,
    draw: (columns: number, rows: number) => readonly string[],
    stop = (): void => {
      process.kill(process.pid, "SIGSTOP");
    },
  ) {
    this.#terminal = terminal;
    this.#draw = draw;
    this.#stop = stop;

    terminal.write(HIDE_CURSOR);
    // However this process ends, the cursor comes back.
    process.on("exit", this.#restore);
    if (process.platform !== "win32") {
      process.on("SIGTSTP", this.#suspend);
      process.on("SIGCONT", this.#resume);
    }
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
    this.#terminal.write(this.#over([]));
    this.#stopListening();
    process.off("exit", this.#restore);
    process.off("SIGTSTP", this.#suspend);
    process.off("SIGCONT", this.#resume);
    this.#restore();
  }

  #drawAfresh(): void {
    this.#terminal.write(HIDE_CURSOR);
    this.#drawn = 0;
    this.#show(this.#lines);
  }

  #show(lines: readonly string[]): void {
    const codes = this.#over(lines);
    this.#drawn = lines.length;
    this.#columns = this.#terminal.columns;
    this.#lines = lines;
    this.#terminal.write(`${BEGIN}${codes}${END}`);
  }

  /** Writes lines over those that are there, and blanks over what is left of those. */
  #over(lines: readonly string[]): string {
    const before = this.#height();
    // The terminal has written ^C and ^Z where the cursor was.
    const up = `\r${CLEAR_LINE}${before === 0 ? "" : `\u001b[${before}A`}`;
    const left = Math.max(0, before - lines.length);
    const back = left === 0 ? "" : `\u001b[${left}A`;
    return `${up}${lines.map((line) => `${line}${CLEAR_LINE}\n`).join("")}${`${CLEAR_LINE}\n`.repeat(left)}${back}`;
  }

  /** Rows that are drawn. A terminal that became narrower has wrapped the lines that are too long for it now. */
  #height(): number {
    const { columns, rows } = this.#terminal;
    const wrapped =
      columns < this.#columns
        ? this.#lines.reduce(
            (sum, line) => sum + Math.max(1, Math.ceil(visibleWidth(line) / columns)),
            0,
          )
        : this.#drawn;
    return Math.min(wrapped, rows - 1);
  }
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, at) => line === b[at]);
}
