import fc from "fast-check";
import {
  ManualClock,
  type TaskExecutor,
  type TaskOutcome,
  type TaskRequest,
} from "../../src/local";
import { RUN_IF, type RunIf } from "../../src/core/model";
import { decide } from "../../src/local/scheduler/run-if";
import type { Verdict } from "../../src/local/scheduler/states";
import { type Client, type Json, NOTEBOOK, startClient, stopAll } from "./support";

afterAll(stopAll);

interface Plan {
  task_key: string;
  depends_on: { task_key: string }[];
  run_if: RunIf;
  duration: number;
  fails: boolean;
  max_retries: number;
}

/** A task depends only on tasks before it, so there is no cycle. */
const plans: fc.Arbitrary<Plan[]> = fc
  .array(
    fc.record({
      run_if: fc.constantFrom(...RUN_IF),
      duration: fc.nat(50),
      fails: fc.boolean(),
      max_retries: fc.nat(1),
      after: fc.array(fc.nat(11), { maxLength: 4 }),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((tasks) =>
    tasks.map(({ after, ...task }, index) => ({
      ...task,
      task_key: `task_${index}`,
      depends_on: [...new Set(after)]
        .filter((target) => target < index)
        .map((target) => ({ task_key: `task_${target}` })),
    })),
  );

/** Does what the plans say, and remembers when. */
class RecordingExecutor implements TaskExecutor {
  public plans = new Map<string, Plan>();
  public readonly events: { at: "start" | "end"; taskKey: string }[] = [];
  public forgiving = false;

  readonly #clock: ManualClock;

  public constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  public execute({ taskKey }: TaskRequest): Promise<TaskOutcome> {
    const plan = this.plans.get(taskKey);
    this.events.push({ at: "start", taskKey });
    return new Promise((resolve) => {
      this.#clock.after(plan?.duration ?? 0, () => {
        this.events.push({ at: "end", taskKey });
        resolve({ succeeded: this.forgiving || plan?.fails !== true });
      });
    });
  }
}

interface Bench {
  client: Client;
  clock: ManualClock;
  executor: RecordingExecutor;
}

async function bench(): Promise<Bench> {
  const clock = new ManualClock();
  const executor = new RecordingExecutor(clock);
  const client = await startClient({ clock, executor });
  await client.putNotebook(NOTEBOOK);
  return { client, clock, executor };
}

async function run({ client, clock, executor }: Bench, plan: Plan[]): Promise<Json> {
  executor.plans = new Map(plan.map((task) => [task.task_key, task]));
  executor.events.length = 0;
  executor.forgiving = false;
  const tasks = plan.map(({ task_key, depends_on, run_if, max_retries }) => ({
    task_key,
    depends_on,
    run_if,
    max_retries,
    notebook_task: { notebook_path: NOTEBOOK },
  }));
  const runId = await client.runNow(await client.createJob({ tasks }));
  await clock.advance(5000);
  return client.run(runId);
}

const verdictOf = (task: Json): Verdict => {
  const result: string = task.state.result_state;
  if (result === "SUCCESS") return "succeeded";
  return result === "EXCLUDED" ? "excluded" : "failed";
};

describe("for every job", () => {
  it("the run ends, no task starts before its dependencies are decided, and run_if decides each", async () => {
    const place = await bench();
    await fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        const result = await run(place, plan);
        expect(result.status.state).toBe("TERMINATED");
        const tasks = new Map<string, Json>(
          result.tasks.map((task: Json) => [task.task_key, task]),
        );
        const { events } = place.executor;
        const first = (taskKey: string): number =>
          events.findIndex((event) => event.at === "start" && event.taskKey === taskKey);
        const last = (taskKey: string): number =>
          events.findLastIndex((event) => event.taskKey === taskKey);
        for (const { task_key, depends_on, run_if, fails, max_retries } of plan) {
          const verdicts = depends_on.map((target) => verdictOf(tasks.get(target.task_key)));
          const skipped = decide(run_if, verdicts)?.result;
          const started = first(task_key);
          expect(tasks.get(task_key).state.result_state).toBe(
            skipped ?? (fails ? "FAILED" : "SUCCESS"),
          );
          expect(started === -1).toBe(skipped !== undefined);
          const starts = events.filter(
            (event) => event.at === "start" && event.taskKey === task_key,
          ).length;
          if (skipped === undefined) expect(starts).toBe(fails ? max_retries + 1 : 1);
          if (started === -1) continue;
          for (const target of depends_on) expect(last(target.task_key)).toBeLessThan(started);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("a repair of what failed ends, and never runs a success again", async () => {
    const place = await bench();
    await fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        const before = await run(place, plan);
        const succeeded = new Set<string>(
          before.tasks
            .filter((task: Json) => task.state.result_state === "SUCCESS")
            .map((task: Json) => task.task_key),
        );
        const failed = before.tasks.filter((task: Json) => verdictOf(task) === "failed");
        fc.pre(failed.length > 0);
        const { client, clock, executor } = place;
        executor.events.length = 0;
        executor.forgiving = true;
        const repair = { run_id: before.run_id, rerun_all_failed_tasks: true };
        await client.ok("POST", "/api/2.2/jobs/runs/repair", repair);
        await clock.advance(5000);
        const after = await client.run(before.run_id);
        expect(after.status.state).toBe("TERMINATED");
        expect(executor.events.filter(({ taskKey }) => succeeded.has(taskKey))).toEqual([]);
        for (const task of after.tasks as Json[]) {
          if (succeeded.has(task.task_key)) expect(task.state.result_state).toBe("SUCCESS");
        }
      }),
      { numRuns: 30 },
    );
  });

  it("a run that is canceled at any moment ends, and nothing of it starts afterwards", async () => {
    const clock = new ManualClock();
    const started: number[] = [];
    const executor: TaskExecutor = {
      execute: (_request, signal) => {
        started.push(clock.now());
        return new Promise((resolve, reject) => {
          const timer = clock.after(20, () => {
            resolve({ succeeded: true });
          });
          signal.addEventListener("abort", () => {
            timer.cancel();
            reject(new Error("aborted"));
          });
        });
      },
    };
    const client = await startClient({ clock, executor });
    await client.putNotebook(NOTEBOOK);
    await fc.assert(
      fc.asyncProperty(plans, fc.nat(100), async (plan, moment) => {
        const tasks = plan.map(({ task_key, depends_on }) => ({
          task_key,
          depends_on,
          notebook_task: { notebook_path: NOTEBOOK },
        }));
        const runId = await client.runNow(await client.createJob({ tasks }));
        await clock.advance(moment);
        await client.ok("POST", "/api/2.2/jobs/runs/cancel", { run_id: runId });
        started.length = 0;
        await clock.advance(1000);
        const result = await client.run(runId);
        expect(["CANCELED", "SUCCESS"]).toContain(result.state.result_state);
        expect(result.tasks.every((task: Json) => task.status.state === "TERMINATED")).toBe(true);
        expect(started).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });
});
