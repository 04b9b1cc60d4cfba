import { existsSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { PageJob } from "@jobstrata/local/page";
import { hierarchyJson } from "./hierarchy-of-jobs";

/** Jobs in one message. Copying more would block other requests. */
const BATCH = 100;
/** An idle thread ends after this time, to return its memory; milliseconds. */
const IDLE = 10_000;

/** In a checkout, threads inherit the loader of TypeScript from the process of the server. */
const EXTENSION = process.execArgv.some((arg) => arg.endsWith("typescript.js")) ? "ts" : "js";

/** A message to the thread: jobs, and with the last ones the address of the workspace. */
export interface HierarchyPart {
  readonly part: readonly PageJob[];
  readonly host?: string;
}

/** The thread's answer to the last message. */
export type HierarchyAnswer = { readonly json: string } | { readonly error: string };

/** Draws and checks jobs in a thread, because a thousand of them would block all other requests for half a second. */
export class HierarchyThread {
  #thread: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  /** The thread draws one hierarchy after the other. */
  #last: Promise<unknown> = Promise.resolve();

  readonly #program: string;

  /** @param program of the thread. If it does not exist, as in tests, no thread is used. */
  public constructor(program = join(__dirname, `hierarchy-worker.${EXTENSION}`)) {
    this.#program = program;
  }

  /** @returns JSON of the hierarchy */
  public draw(host: string, jobs: AsyncIterable<PageJob>): Promise<string> {
    const drawn = this.#last.then(() => this.#draw(host, jobs));
    this.#last = drawn.catch(() => undefined);
    return drawn;
  }

  async #draw(host: string, jobs: AsyncIterable<PageJob>): Promise<string> {
    if (!existsSync(this.#program)) {
      const all: PageJob[] = [];
      for await (const job of jobs) all.push(job);
      return hierarchyJson(host, all);
    }
    clearTimeout(this.#idle);
    const thread = (this.#thread ??= this.#start());
    const answer = answerOf(thread);
    try {
      await send(thread, host, jobs);
      const json = await answer;
      this.#idle = setTimeout(() => {
        this.#end(thread);
      }, IDLE).unref();
      return json;
    } catch (error) {
      // It may hold a part of the jobs.
      this.#end(thread);
      throw error;
    }
  }

  #end(thread: Worker): void {
    if (this.#thread === thread) this.#thread = undefined;
    void thread.terminate();
  }

  #start(): Worker {
    const thread = new Worker(this.#program);
    thread.unref();
    thread.once("exit", () => {
      this.#end(thread);
    });
    return thread;
  }
}

async function send(thread: Worker, host: string, jobs: AsyncIterable<PageJob>): Promise<void> {
  let part: PageJob[] = [];
  for await (const job of jobs) {
    part.push(job);
    if (part.length < BATCH) continue;
    thread.postMessage({ part } satisfies HierarchyPart);
    part = [];
    await nextTurn();
  }
  thread.postMessage({ part, host } satisfies HierarchyPart);
}

function answerOf(thread: Worker): Promise<string> {
  const answer = new Promise<string>((resolve, reject) => {
    const settle = (): void => {
      thread.off("message", onMessage).off("error", onError).off("exit", onExit);
    };
    const onMessage = (message: HierarchyAnswer): void => {
      settle();
      if ("json" in message) resolve(message.json);
      else reject(new Error(message.error));
    };
    const onError = (error: Error): void => {
      settle();
      reject(error);
    };
    const onExit = (): void => {
      settle();
      reject(new Error("the thread that draws the jobs has ended"));
    };
    thread.on("message", onMessage).on("error", onError).on("exit", onExit);
  });
  // The caller may still be sending jobs when it fails.
  answer.catch(() => undefined);
  return answer;
}
