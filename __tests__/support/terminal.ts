import { type IPty, spawn } from "@lydell/node-pty";
import { Terminal as Emulator } from "@xterm/headless";
import { HANGS_MS } from "./hangs";

/** A program in a terminal of its own, and what that shows. */
export class TestTerminal {
  readonly #pty: IPty;
  readonly #emulator: Emulator;
  readonly #exit: Promise<{ code: number; signal: number }>;
  /** Everything that the program wrote, codes included. */
  public written = "";

  public constructor(
    [program = "", ...args]: readonly string[],
    options: { cwd: string; env: NodeJS.ProcessEnv; columns: number; rows: number },
  ) {
    const { cwd, env, columns: cols, rows } = options;
    this.#emulator = new Emulator({ cols, rows, allowProposedApi: true, scrollback: 1000 });
    this.#pty = spawn(program, args, { name: "xterm-256color", cols, rows, cwd, env });
    this.#pty.onData((text) => {
      this.written += text;
      this.#emulator.write(text);
    });
    this.#exit = new Promise((resolve) => {
      this.#pty.onExit(({ exitCode, signal }) => {
        resolve({ code: exitCode, signal: signal ?? 0 });
      });
    });
  }

  /** As a user types it. */
  public type(text: string): void {
    this.#pty.write(text);
  }

  public resize(columns: number, rows: number): void {
    this.#emulator.resize(columns, rows);
    this.#pty.resize(columns, rows);
  }

  /** The exit code, once all that was written has been shown. */
  public async ended(): Promise<number> {
    const { code } = await this.#exit;
    await new Promise<void>((resolve) => {
      this.#emulator.write("", resolve);
    });
    return code;
  }

  /** The lines that can be seen now, without space at their ends. */
  public get screen(): string[] {
    const { active } = this.#emulator.buffer;
    return this.#lines(active.viewportY, active.viewportY + this.#emulator.rows);
  }

  /** All lines, those that have scrolled away included, without the empty ones at the end. */
  public get all(): string[] {
    const lines = this.#lines(0, this.#emulator.buffer.active.length);
    while (lines.at(-1) === "") lines.pop();
    return lines;
  }

  /** Waits until what can be seen is so. */
  public async shows(pattern: RegExp): Promise<void> {
    const end = Date.now() + HANGS_MS;
    while (!pattern.test(this.screen.join("\n"))) {
      if (Date.now() > end) throw new Error(`no ${String(pattern)} on:\n${this.screen.join("\n")}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  public kill(): void {
    try {
      this.#pty.kill("SIGKILL");
    } catch {
      // It has ended.
    }
  }

  #lines(from: number, to: number): string[] {
    const lines: string[] = [];
    for (let at = from; at < to; at++)
      lines.push(this.#emulator.buffer.active.getLine(at)?.translateToString(true) ?? "");
    return lines;
  }
}
