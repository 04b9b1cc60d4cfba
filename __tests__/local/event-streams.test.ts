import { EventEmitter } from "node:events";
import { ManualClock } from "../../src/local";
import { EventStreams } from "../../src/local/page/event-streams";
import type { PageRun } from "../../src/core/model/page-answers";

/** Somebody who reads, or does not. */
class Reader extends EventEmitter {
  public reads = true;
  public text = "";
  public isEnded = false;

  public write(text: string): boolean {
    this.text += text;
    return this.reads;
  }

  public end(): void {
    this.isEnded = true;
  }

  /** The names of the events that have come since the last time. */
  public get heard(): string[] {
    const names = [...this.text.matchAll(/^event: (\w+)$/gm)].map(([, name]) => name ?? "");
    this.text = "";
    return names;
  }
}

const view = (runId: number): PageRun => ({
  run_id: runId,
  job_id: 1,
  name: "Tables",
  status: { phase: "active", state: "RUNNING", message: "" },
  start_time: 1,
  trigger: "ONE_TIME",
});

function open(...readers: Reader[]): { clock: ManualClock; streams: EventStreams<never> } {
  const clock = new ManualClock();
  const streams = new EventStreams<never>(clock, view);
  for (const reader of readers) {
    streams.open(reader, { host: "", now: 0 });
    expect(reader.heard).toEqual(["hello"]);
  }
  return { clock, streams };
}

describe("EventStreams", () => {
  it("drops events for slow readers and sends a resync", async () => {
    const [slow, fast] = [new Reader(), new Reader()];
    const { clock, streams } = open(slow, fast);
    slow.reads = false;
    for (let index = 0; index < 1000; index++) {
      streams.runChanged(index);
      await clock.advance(200);
    }
    expect(fast.heard).toHaveLength(1000);
    expect(slow.heard).toEqual(["run"]);
    slow.reads = true;
    slow.emit("drain");
    expect(slow.heard).toEqual(["resync", "jobs", "alerts"]);
    streams.runChanged(1);
    await clock.advance(200);
    expect([slow.heard, fast.heard]).toEqual([["run"], ["run"]]);
  });

  it("sends no resync to a client that missed nothing", () => {
    const reader = new Reader();
    open(reader);
    reader.emit("drain");
    expect(reader.heard).toEqual([]);
  });

  it("keeps no events without listeners", async () => {
    const reader = new Reader();
    const { clock, streams } = open(reader);
    streams.runChanged(1);
    reader.emit("close");
    streams.runChanged(2);
    streams.runsOutOfDate();
    streams.jobsChanged();
    await clock.advance(60_000);
    expect(reader.text).toBe("");
    const another = new Reader();
    streams.open(another, { host: "", now: 0 });
    await clock.advance(10_000);
    expect(another.heard).toEqual(["hello"]);
  });

  it("ends all streams and stops its timers", async () => {
    const reader = new Reader();
    const { clock, streams } = open(reader);
    streams.jobsChanged();
    streams.close();
    expect(reader.isEnded).toBe(true);
    await clock.advance(60_000);
    expect(reader.text).toBe("");
  });
});
