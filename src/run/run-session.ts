import { setTimeout as sleep } from "node:timers/promises";
import type { JobId, JobRunNode, RunId } from "@jobstrata/core/model";
import type { JobsClient } from "./jobs-client";
import { RunFollower } from "./run-follower";
import { WorkspaceError } from "./workspace-error";

/** Options of a {@link RunSession}. */
export interface FollowOptions {
  /** The pause between two polls; milliseconds. @default 1000, and longer for runs that take hours */
  readonly pollMs?: number;
  /** How long to retry if the workspace does not respond; milliseconds. @default 900000 */
  readonly patienceMs?: number;
  /** Keys of jobs by their ids. */
  readonly keys?: ReadonlyMap<JobId, string>;
  /**
   * When the run had ended before it was asked to go on, as by a repair: an end at that time is not yet the end. Milliseconds
   * since 1970.
   */
  readonly staleEndTime?: number;
  /** Called with the result of every poll. */
  readonly onLook?: (tree: JobRunNode) => void;
  /** Called if the workspace does not respond, with the start of the outage; without an error when it responds again. */
  readonly onOutage?: (error: WorkspaceError | undefined, sinceMs: number) => void;
}

/** Long runs are polled less often: duration of the run and interval; milliseconds. */
const SLOWER = [
  { after: 3_600_000, pollMs: 10_000 },
  { after: 600_000, pollMs: 3_000 },
];
/** A repaired run shows its new state after this time at the latest; milliseconds. */
const STALE_MS = 20_000;
/** Average requests a second for polling. */
const REQUESTS_PER_SECOND = 15;

/** Follows a run to its end, and can cancel or leave it. */
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
   * Polls until the run and the runs that it started have ended.
   *
   * @returns the run as it ended; undefined after {@link leave}
   * @throws {WorkspaceError} if the run cannot be read any more; it may still be active
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
        // What a run was just started as may take a moment to be found.
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
   * Asks the workspace to cancel the run; {@link follow} continues until it and its nested runs have ended.
   *
   * @throws {WorkspaceError} if the workspace refuses
   */
  public async cancel(): Promise<void> {
    this.#canceling ??= this.#client.cancelRun(this.runId);
    await this.#canceling;
    this.#wake.dispatchEvent(new Event("wake"));
  }

  /** Ends {@link follow} and leaves the run running. */
  public leave(): void {
    this.#leave.abort();
    this.#wake.dispatchEvent(new Event("wake"));
  }

  /** The workspace cancels the children of a run with it, as a rule. */
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
    // The caller that requested the end waits for it.
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
