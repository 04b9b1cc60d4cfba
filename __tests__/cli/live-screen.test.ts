import { Terminal as Xterm } from "@xterm/headless";
import { LiveScreen, type Terminal } from "../../src/cli/live-screen";

/** A terminal as xterm has it, whose writes are seen at once. */
class Fake implements Terminal {
  readonly #xterm: Xterm;
  #changed: (() => void) | undefined;
  #written: Promise<void> = Promise.resolve();
  public text = "";

  public constructor(columns: number, rows: number) {
    this.#xterm = new Xterm({ cols: columns, rows, scrollback: 1000, allowProposedApi: true });
  }

  public get columns(): number {
    return this.#xterm.cols;
  }

  public get rows(): number {
    return this.#xterm.rows;
  }

  public write(text: string): void {
    this.text += text;
    // A terminal turns a line break into the start of the next line.
    this.#written = new Promise((resolve) => {
      this.#xterm.write(text.replaceAll("\n", "\r\n"), resolve);
    });
  }

  public onResize(changed: () => void): () => void {
    this.#changed = changed;
    return () => undefined;
  }

  public resize(columns: number, rows: number): void {
    this.#xterm.resize(columns, rows);
    this.#changed?.();
  }

  /** Everything that can be scrolled to. */
  public async lines(): Promise<string[]> {
    await this.#written;
    const { active } = this.#xterm.buffer;
    return Array.from(
      { length: active.length },
      (_, at) => active.getLine(at)?.translateToString(true) ?? "",
    ).filter((line) => line !== "");
  }
}

describe("LiveScreen", () => {
  test.each([3, 8, 24])("leaves one copy of each line in a terminal of %i rows", async (rows) => {
    const terminal = new Fake(40, rows);
    terminal.write("$ jobstrata run\n");
    let time = 0;
    const screen = new LiveScreen(terminal, (_, height) =>
      Array.from({ length: Math.min(10, height) }, (__, at) => `task ${at}  ${time} s`),
    );
    for (; time < 50; time++) screen.update();
    const shown = await terminal.lines();
    expect(shown.filter((line) => line.startsWith("task 0"))).toEqual(["task 0  49 s"]);
    screen.close();
    expect(await terminal.lines()).toEqual(["$ jobstrata run"]);
  });

  test("never clears more than a line, which tmux and screen would keep", () => {
    const terminal = new Fake(40, 5);
    let count = 4;
    const screen = new LiveScreen(terminal, () => Array.from({ length: count }, () => "line"));
    screen.update();
    count = 1;
    screen.update();
    screen.close();
    // eslint-disable-next-line no-control-regex -- the codes are what is tested
    expect(terminal.text).not.toMatch(/\u001b\[\d*J|\u001b\[H/);
  });

  test("takes away lines that are no longer drawn", async () => {
    const terminal = new Fake(40, 10);
    let lines = ["a long line", "another", "third"];
    const screen = new LiveScreen(terminal, () => lines);
    screen.update();
    lines = ["short"];
    screen.update();
    expect(await terminal.lines()).toEqual(["short"]);
    screen.close();
  });

  test("draws again where it stood when the terminal gets wider or higher", async () => {
    const terminal = new Fake(40, 6);
    const screen = new LiveScreen(terminal, (columns, rows) =>
      Array.from({ length: Math.min(8, rows) }, (_, at) => `line ${at} of ${columns}`),
    );
    screen.update();
    terminal.resize(60, 12);
    const shown = await terminal.lines();
    expect(shown.filter((line) => line.includes("of 60"))).toHaveLength(8);
    expect(shown.filter((line) => line.startsWith("line 0"))).toHaveLength(1);
    screen.close();
  });

  test("draws afresh, once, below the shell's lines when it is continued after Ctrl-Z", async () => {
    const terminal = new Fake(40, 10);
    let time = 0;
    const screen = new LiveScreen(
      terminal,
      () => [`task ${time} s`],
      () => {
        terminal.write("[1]+  Stopped\n$ fg\n");
      },
    );
    screen.update();
    process.emit("SIGTSTP");
    // A timer that fell due meanwhile comes before the signal.
    time = 9;
    screen.update();
    process.emit("SIGCONT");
    expect(await terminal.lines()).toEqual(["task 0 s", "[1]+  Stopped", "$ fg", "task 9 s"]);
    // Somebody else has stopped it.
    terminal.write("$ fg\n");
    process.emit("SIGCONT");
    expect((await terminal.lines()).slice(-2)).toEqual(["$ fg", "task 9 s"]);
    screen.close();
    expect(process.listenerCount("SIGCONT")).toBe(0);
    expect(process.listenerCount("SIGTSTP")).toBe(0);
  });
});
