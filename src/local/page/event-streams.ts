import type { PageEvents } from "@jobstrata/core/model";
import { ApiError } from "../api-error";
import type { Clock, Timer } from "../clock";

/** Interval between events about runs, events about jobs, and heartbeats; milliseconds. */
const RUNS_EVERY = 200;
const JOBS_EVERY = 1000;
const HEARTBEAT_EVERY = 15_000;
/** Interval of checks whether findings are outdated; milliseconds. */
const LOOK_EVERY = 2000;
/** If more runs change within an interval, one event replaces the individual ones. */
const MAX_RUNS = 500;
const MAX_STREAMS = 32;

/** The target of a stream; an HTTP response. */
interface Sink {
  /** Returns false if the buffer is full until `drain`. */
  write(text: string): boolean;
  on(event: "drain" | "close", listener: () => void): unknown;
  end(): unknown;
}

/**
 * Sends events to all listeners and drops events for slow ones. Not better-sse, which leaves backpressure to its user:
 * see ADR 14.
 */
export class EventStreams<Run> {
  readonly #streams = new Set<Stream>();
  /** Changed runs by id, with their records if already loaded. */
  readonly #changed = new Map<number, Run | undefined>();
  #isOutOfDate = false;
  readonly #runs: Tick;
  readonly #jobs: Tick;
  readonly #alerts: Tick;
  readonly #heartbeat: Tick;
  readonly #look: Tick;

  readonly #view: (runId: number, run: Run | undefined) => PageEvents["run"] | undefined;

  /**
   * @param view the event of a run; `undefined` if it no longer exists
   * @param areOutOfDate whether listeners' data about jobs is outdated although no job has changed
   */
  public constructor(
    clock: Clock,
    view: (runId: number, run: Run | undefined) => PageEvents["run"] | undefined,
    areOutOfDate: () => boolean = () => false,
  ) {
    this.#view = view;

    this.#runs = new Tick(clock, RUNS_EVERY, () => {
      this.#send(this.#runEvents());
    });
    this.#jobs = new Tick(clock, JOBS_EVERY, () => {
      this.#send(event("jobs", {}));
    });
    this.#alerts = new Tick(clock, JOBS_EVERY, () => {
      this.#send(event("alerts", {}));
    });
    this.#heartbeat = new Tick(clock, HEARTBEAT_EVERY, () => {
      this.#send(":\n\n");
      this.#heartbeat.due();
    });
    this.#look = new Tick(clock, LOOK_EVERY, () => {
      if (areOutOfDate()) this.#send(event("jobs", {}));
      this.#look.due();
    });
  }

  /** @throws {ApiError} if the maximum number of streams is reached */
  public admit(): void {
    if (this.#streams.size < MAX_STREAMS) return;
    throw new ApiError(
      429,
      "RESOURCE_LIMIT_EXCEEDED",
      `The page is open ${MAX_STREAMS} times already; close one.`,
    );
  }

  public open(sink: Sink, hello: PageEvents["hello"]): void {
    const stream = new Stream(sink);
    this.#streams.add(stream);
    sink.on("close", () => {
      this.#streams.delete(stream);
      if (this.#streams.size === 0) this.#rest();
    });
    stream.send(event("hello", hello));
    this.#heartbeat.due();
    this.#look.due();
  }

  public runChanged(runId: number, run?: Run): void {
    if (this.#streams.size === 0 || this.#isOutOfDate) return;
    if (this.#changed.size >= MAX_RUNS && !this.#changed.has(runId)) this.runsOutOfDate();
    else if (run !== undefined || !this.#changed.has(runId)) this.#changed.set(runId, run);
    this.#runs.due();
  }

  public runsOutOfDate(): void {
    if (this.#streams.size === 0) return;
    this.#isOutOfDate = true;
    this.#changed.clear();
    this.#runs.due();
  }

  public jobsChanged(): void {
    if (this.#streams.size > 0) this.#jobs.due();
  }

  public alertsChanged(): void {
    if (this.#streams.size > 0) this.#alerts.due();
  }

  public close(): void {
    for (const stream of this.#streams) stream.end();
    this.#streams.clear();
    this.#rest();
  }

  #rest(): void {
    for (const tick of this.#ticks) tick.cancel();
    this.#changed.clear();
    this.#isOutOfDate = false;
  }

  get #ticks(): readonly Tick[] {
    return [this.#runs, this.#jobs, this.#alerts, this.#heartbeat, this.#look];
  }

  #runEvents(): string {
    if (this.#isOutOfDate) {
      this.#isOutOfDate = false;
      return RESYNC;
    }
    let text = "";
    for (const [runId, run] of this.#changed) {
      const view = this.#view(runId, run);
      if (view !== undefined) text += event("run", view);
    }
    this.#changed.clear();
    return text;
  }

  #send(text: string): void {
    for (const stream of this.#streams) stream.send(text);
  }
}

/** One listener. A slow listener buffers at most one event. */
class Stream {
  #isFull = false;
  #hasMissed = false;

  readonly #sink: Sink;

  public constructor(sink: Sink) {
    this.#sink = sink;

    sink.on("drain", () => {
      this.#isFull = false;
      if (!this.#hasMissed) return;
      this.#hasMissed = false;
      this.send(`${RESYNC}${event("jobs", {})}${event("alerts", {})}`);
    });
  }

  public send(text: string): void {
    if (this.#isFull) this.#hasMissed = true;
    else if (text !== "") this.#isFull = !this.#sink.write(text);
  }

  public end(): void {
    this.#sink.end();
  }
}

/** Debounces an action: runs it once, a delay after it first became due. */
class Tick {
  #timer: Timer | undefined;

  readonly #clock: Clock;
  readonly #delay: number;
  readonly #action: () => void;

  public constructor(clock: Clock, delay: number, action: () => void) {
    this.#clock = clock;
    this.#delay = delay;
    this.#action = action;
  }

  public due(): void {
    this.#timer ??= this.#clock.after(this.#delay, () => {
      this.#timer = undefined;
      this.#action();
    });
  }

  public cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}

const event = <Name extends keyof PageEvents>(name: Name, data: PageEvents[Name]): string =>
  `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

const RESYNC = event("resync", {});
