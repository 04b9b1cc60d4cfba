import { setTimeout as sleep } from "node:timers/promises";
import type { JobId, JobRunNode, RunId } from "@jobstrata/core/model";
import type { JobsClient } from "./jobs-client";
import { RunFollower } from "./run-follower";
import { WorkspaceError } from "./workspace-error";

/** Options of a {@link RunSession}. */
export interface FollowOptions {
  /** Polling interval; milliseconds. @default 1000, and longer for runs that take hours */
  readonly pollMs?: number;
  /** Maximum outage of the workspace; milliseconds. @default 900000 */
  readonly patienceMs?: number;
  /** Job keys by id. */
  readonly keys?: ReadonlyMap<JobId, string>;
  /**
   * End time of the run before a repair: while the run still shows this end time, the repair has not started.
   * Milliseconds since 1970.
   */
  readonly staleEndTime?: number;
  /** Called with the result of every poll. */
  readonly onLook?: (tree: JobRunNode) => void;
  /** Called during an outage with its duration so far, and without an error when the workspace responds again. */
  readonly onOutage?: (error: WorkspaceError | undefined, sinceMs: number) => void;
}

/** Polling intervals for long runs: run duration and interval; milliseconds. */
const SLOWER = [
  { after: 3_600_000, pollMs: 10_000 },
  { after: 600_000, pollMs: 3_000 },
];
/** Maximum delay until a repaired run shows its new state; milliseconds. */
const STALE_MS = 20_000;
/** Average polling requests per second. */
const REQUESTS_PER_SECOND = 15;

/** Follows a run to its end. Can cancel or leave it. */
export class RunSession {
  readonly #options: FollowOptions;
  readonly #wake = new EventTarget();
  readonly #leave = new AbortController();
  #canceling: Promise<void> | undefined;
  #follower: RunFollower;

  readonly #client: JobsClient;

  public constructor(
    client: JobsClient,
    public readonly runId: RunId,
    options: FollowOptions = {},
  ) {
    this.#client = client;

    this.#options = options;
    this.#follower = new RunFollower(client, runId, options.keys);
  }

  /** True once {@link cancel} was called. */
  public get canceling(): boolean {
    return this.#canceling !== undefined;
  }

  #isLeft(): boolean {
    return this.#leave.signal.aborted;
  }

  /**
   * Polls until the run and its nested runs have ended.
   *
   * @returns the final state; undefined after {@link leave}
   * @throws {WorkspaceError} if the run can no longer be read; it may still be active
   */
  public async follow(): Promise<JobRunNode | undefined> {
    const { patienceMs = 900_000, onLook, onOutage } = this.#options;
    const began = Date.now();
    let outage: number | undefined;
    let lost = 0;
    for (;;) {
      if (this.#isLeft()) return undefined;
      const requests = this.#client.http.requests;
      try {
        const tree = await this.#follower.look(this.#leave.signal);
        if (outage !== undefined) onOutage?.(undefined, Date.now() - outage);
        outage = undefined;
        lost = 0;
        onLook?.(tree);
        if (this.#follower.settled && !this.#isStale(tree, began)) return tree;
        if (this.canceling && tree.status.phase === "ended") await this.#cancelChildren();
      } catch (error) {
        if (this.#isLeft()) return undefined;
        if (!(error instanceof WorkspaceError)) throw error;
        // A new run may not be found at first.
        const gone = error.notFound && ++lost > 3;
        outage ??= Date.now();
        if (gone || !(error.transient || error.notFound) || Date.now() - outage > patienceMs)
          throw error;
        onOutage?.(error, Date.now() - outage);
      }
      const took = this.#client.http.requests - requests;
      await this.#pause(
        Math.max(this.#pollMs(Date.now() - began), (took / REQUESTS_PER_SECOND) * 1000),
      );
    }
  }

  /**
   * Requests the cancellation of the run; {@link follow} continues until it and its nested runs have ended.
   *
   * @throws {WorkspaceError} if the workspace rejects the request
   */
  public async cancel(): Promise<void> {
    this.#canceling ??= this.#client.cancelRun(this.runId);
    await this.#canceling;
    this.#wake.dispatchEvent(new Event("wake"));
  }

  /** Ends {@link follow} without canceling the run. */
  public leave(): void {
    this.#leave.abort();
    this.#wake.dispatchEvent(new Event("wake"));
  }

  /** Cancels active nested runs, in case the workspace did not cancel them with the run. */
  async #cancelChildren(): Promise<void> {
    for (const runId of this.#follower.activeChildren) {
      try {
        await this.#client.cancelRun(runId);
      } catch (error) {
        if (!(error instanceof WorkspaceError)) throw error;
      }
    }
  }

  #isStale({ endTime }: JobRunNode, began: number): boolean {
    const { staleEndTime } = this.#options;
    if (staleEndTime === undefined || endTime !== staleEndTime) return false;
    return Date.now() - began < STALE_MS;
  }

  #pollMs(sinceMs: number): number {
    const { pollMs = 1000 } = this.#options;
    const slower = SLOWER.find(({ after }) => sinceMs > after);
    // Poll fast after a cancellation, which the user waits for.
    return slower === undefined || this.canceling ? pollMs : Math.max(pollMs, slower.pollMs);
  }

  async #pause(milliseconds: number): Promise<void> {
    const pause = new AbortController();
    const wake = (): void => {
      pause.abort();
    };
    this.#wake.addEventListener("wake", wake);
    try {
      await sleep(milliseconds, undefined, { signal: pause.signal });
    } catch (error) {
      if (!pause.signal.aborted) throw error;
    } finally {
      this.#wake.removeEventListener("wake", wake);
    }
  }
}
