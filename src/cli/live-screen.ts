import { visibleWidth } from "@jobstrata/core/report";

/** The terminal that a screen draws on. */
export interface Terminal {
  readonly columns: number;
  readonly rows: number;
  write(text: string): void;
  /** Calls `changed` whenever the size changes. @returns a function that unsubscribes */
  onResize(changed: () => void): () => void;
}

const HIDE_CURSOR = "\u001b[?25l";
const SHOW_CURSOR = "\u001b[?25h";
/**
 * Clears from the cursor to the end of the line. Clearing the whole screen would copy it into the scrollback of tmux and screen.
 */
const CLEAR_LINE = "\u001b[K";
/** Synchronized output: terminals that support it show everything in between at once, without flicker. */
const BEGIN = "\u001b[?2026h";
const END = "\u001b[?2026l";

/** Redraws lines at the end of a terminal, below the permanent output. */
export class LiveScreen {
  #drawn = 0;
  #columns = 0;
  #lines: readonly string[] = [];
  readonly #stopListening: () => void;
  readonly #restore = (): void => {
    this.#terminal.write(SHOW_CURSOR);
  };
  #isContinued = false;
  /** Ctrl-Z: gives the cursor back to the shell; the drawing stays above its prompt. */
  readonly #suspend = (): void => {
    this.#terminal.write(SHOW_CURSOR);
    this.#stop();
    // Overdue timers fire before SIGCONT and would draw over the shell's output.
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
   * @param draw returns the lines for the given columns and rows; no line may be wider
   * @param stop stops this process, and returns after it continues
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
    // Show the cursor again however this process ends.
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
    // Leaves the last row free: a line break there would scroll.
    const lines = this.#draw(columns, Math.max(1, rows - 1));
    if (columns === this.#columns && same(lines, this.#lines)) return;
    this.#show(lines);
  }

  /** Erases the drawing. */
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

  /** Overwrites the drawn lines, and blanks what is left of them. */
  #over(lines: readonly string[]): string {
    const before = this.#height();
    // The terminal echoes ^C and ^Z at the cursor.
    const up = `\r${CLEAR_LINE}${before === 0 ? "" : `\u001b[${before}A`}`;
    const left = Math.max(0, before - lines.length);
    const back = left === 0 ? "" : `\u001b[${left}A`;
    return `${up}${lines.map((line) => `${line}${CLEAR_LINE}\n`).join("")}${`${CLEAR_LINE}\n`.repeat(left)}${back}`;
  }

  /** Number of rows in use. A terminal that became narrower has wrapped lines that are now too long. */
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
