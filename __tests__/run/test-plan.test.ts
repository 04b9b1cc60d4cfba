import { compareInt64 } from "../../src/core/model/int64";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { planTests } from "../../src/run/test-plan";
import { alertingJobs, job, runJobTask, task } from "./support";

type Jobs = Parameters<typeof planTests>[0];

const plan = (jobs: Jobs, ...args: unknown[]): ReturnType<typeof planTests> =>
  planTests(jobs, new Set(jobs.keys()), ...(args as [number[]]));
const labels = (...args: Parameters<typeof plan>): string[] =>
  plan(...args).map(({ job: { label } }) => label);

describe("planTests", () => {
  it("has atomic jobs first, in the order of the composite jobs, then those from the inside out", () => {
    expect(labels(alertingJobs())).toEqual([
      "ingest_job",
      "alerting_tables_job",
      "alerting_notifications_job",
      "alerting_seed_job",
      "alerting_validation_job",
      "alerting_deploy_job",
      "alerting_setup_orchestrator_job",
      "platform_job",
    ]);
  });

  it("includes the requested jobs and the jobs that they run", () => {
    expect(labels(alertingJobs(), [6])).toHaveLength(6);
    expect(labels(alertingJobs(), [6], { atomicOnly: true })).toHaveLength(5);
    expect(labels(alertingJobs(), [3])).toEqual(["alerting_validation_job"]);
  });

  it("leaves out external jobs that composite jobs run", () => {
    const own = new Set([1, 2, 6]);
    expect(planTests(alertingJobs(), own).map(({ job: { label } }) => label)).toEqual([
      "alerting_tables_job",
      "alerting_seed_job",
      "alerting_setup_orchestrator_job",
    ]);
  });

  it("derives the level of a job without a tag from its tasks", () => {
    const jobs = [job(1, "a_job", [task("a")]), job(2, "b_job", [runJobTask("a", 1)])];
    const steps = plan(new Map(jobs.map((each) => [each.jobId, each])));
    expect(steps.map(({ level }) => level)).toEqual(["atomic", "composite"]);
  });

  it("fails if there is nothing to test", () => {
    expect(() => plan(new Map())).toThrow("there is no job to test among none");
    const composite = job(1, "setup_job", [], { tags: { job_level: "composite" } });
    expect(() => plan(new Map([[1, composite]]), [], { atomicOnly: true })).toThrow(
      'there is no atomic job to test among "setup_job"',
    );
  });

  it("has every job once and ends, even where two composite jobs want different orders", () => {
    const composites = fc.array(
      fc.array(fc.record({ runs: fc.nat(5), after: fc.array(fc.nat(5), { maxLength: 2 }) }), {
        minLength: 1,
        maxLength: 6,
      }),
      { maxLength: 4 },
    );
    fc.assert(
      fc.property(composites, (shapes) => {
        const atomic = Array.from({ length: 6 }, (_, id) =>
          job(id, `atomic_${id}`, [task("only")], { tags: { job_level: "atomic" } }),
        );
        const others = shapes.map((tasks, at) =>
          job(
            10 + at,
            `composite_${at}`,
            tasks.map(({ runs, after }, index) =>
              runJobTask(
                `t${index}`,
                runs,
                after.filter((each) => each < index).map((each) => `t${each}`),
              ),
            ),
            { tags: { job_level: "composite" } },
          ),
        );
        const jobs = new Map([...atomic, ...others].map((each) => [each.jobId, each]));
        const steps = plan(jobs);
        expect(steps.map(({ job: { jobId } }) => jobId).sort(compareInt64)).toEqual([
          ...jobs.keys(),
        ]);
        // What a step comes after stands before it.
        for (const [at, step] of steps.entries())
          for (const before of step.after)
            expect(steps.indexOf(before as (typeof steps)[number])).toBeLessThan(at);
        const [only] = others;
        if (others.length !== 1 || only === undefined) return;
        // One composite job has no contradictions, unless it runs a job twice.
        if (new Set(only.tasks.map(({ runJobId }) => runJobId)).size < only.tasks.length) return;
        const order = steps.map(({ job: { jobId } }) => jobId);
        for (const { runJobId = -1, dependsOn } of only.tasks)
          for (const key of dependsOn) {
            const before = only.tasks.find(({ taskKey }) => taskKey === key)?.runJobId ?? -1;
            expect(order.indexOf(before)).toBeLessThan(order.indexOf(runJobId));
          }
      }),
    );
  });
});
