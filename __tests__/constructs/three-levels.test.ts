import {
  App,
  AtomicJob,
  CompositeJob,
  type IJob,
  JobLayer,
  JobStack,
  OrchestratorJob,
} from "@jobstrata/cdktf";
import { devEnvironment, notebook } from "../support/alerting";
import { violationsIn } from "../support/policy";
import { errorOf, freshFolder, messageOf, type Synthesized, synthesize } from "../support/synth";

const environment = devEnvironment();
const LAYERS = ["bronze", "silver", "gold"] as const;

/** A composite job in a layer of its own, which runs two atomic jobs one after the other. */
function layer(app: App, name: string): CompositeJob {
  const { atomic, composite } = new JobLayer(app, name, { environment });
  const [load, check] = ["load", "check"].map(
    (step) =>
      new AtomicJob(atomic, `${name}_${step}_job`, {
        purpose: step,
        notebook: notebook(`${name}/${step}`),
      }),
  ) as [AtomicJob, AtomicJob];
  const job = new CompositeJob(composite, `${name}_job`, { purpose: "test" });
  job.addRunJobTask("check", check, { dependsOn: job.addRunJobTask("load", load) });
  return job;
}

/** Bronze, silver and gold, and an orchestrator over the three in a stack of its own. */
function medallion(fill?: (nightly: OrchestratorJob, app: App) => void): Synthesized {
  return synthesize((app) => {
    const composites = LAYERS.map((name) => layer(app, name));
    const nightly = new OrchestratorJob(
      new JobStack(app, "nightly-dev", { environment, layer: "nightly" }),
      "nightly_job",
      { purpose: "refresh" },
    );
    let before;
    for (const job of composites)
      before = nightly.addRunJobTask(
        job.key,
        job,
        before === undefined ? {} : { dependsOn: before },
      );
    fill?.(nightly, app);
  });
}

describe("OrchestratorJob", () => {
  it("runs the composite jobs of three layers, one after the other", () => {
    const { stacks, dependencies, job } = medallion();
    expect(Object.keys(stacks)).toEqual(
      [
        ...LAYERS.flatMap((name) => [`${name}-dev-atomic`, `${name}-dev-composite`]).sort(),
        "nightly-dev",
      ].sort(),
    );
    expect(dependencies["nightly-dev"]).toEqual(LAYERS.map((name) => `${name}-dev-composite`));
    const reference = (name: string): string =>
      `\${data.terraform_remote_state.${name}-dev-composite.outputs.${name}_job_id}`;
    expect(job("nightly_job")).toEqual({
      name: "[dev] nightly_job",
      tags: {
        job_level: "orchestrator",
        orchestrator: "true",
        layer: "nightly",
        purpose: "refresh",
      },
      max_concurrent_runs: 4,
      queue: { enabled: true },
      task: [
        { task_key: "bronze_job", run_job_task: { job_id: reference("bronze") } },
        {
          task_key: "gold_job",
          depends_on: [{ task_key: "silver_job" }],
          run_job_task: { job_id: reference("gold") },
        },
        {
          task_key: "silver_job",
          depends_on: [{ task_key: "bronze_job" }],
          run_job_task: { job_id: reference("silver") },
        },
      ],
    });
  });

  it("has a place in a layer, whose stack is there only if it is used", () => {
    const { stacks, dependencies } = synthesize((app) => {
      layer(app, "bronze");
      const silver = new JobLayer(app, "silver", { environment });
      const load = new AtomicJob(silver.atomic, "silver_load_job", {
        purpose: "load",
        notebook: notebook("load"),
      });
      const job = new CompositeJob(silver.composite, "silver_job", { purpose: "silver" });
      job.addRunJobTask("load", load);
      expect(silver.orchestrator).toBe(silver.orchestrator);
      new OrchestratorJob(silver.orchestrator, "nightly_job", { purpose: "nightly" }).addRunJobTask(
        "silver",
        job,
      );
    });
    expect(Object.keys(stacks).filter((name) => name.includes("orchestrator"))).toEqual([
      "silver-dev-orchestrator",
    ]);
    expect(dependencies["silver-dev-orchestrator"]).toEqual(["silver-dev-composite"]);
  });

  it("shares the one stack of a layer that has only one", () => {
    const single = new JobLayer(new App({ outdir: freshFolder() }), "bronze", {
      environment,
      singleStack: true,
    });
    expect(single.orchestrator).toBe(single.atomic);
  });

  it("runs an atomic job only with runsAtomicJob", () => {
    const run = (props: object): string =>
      messageOf(() => {
        medallion((nightly, app) => {
          const { atomic } = new JobLayer(app, "report", { environment });
          const report: IJob = new AtomicJob(atomic, "report_job", {
            purpose: "report",
            notebook: notebook("report"),
          });
          nightly.addRunJobTask("report", report, props);
          throw errorOf(() => new JobStack(app, "1", { environment }));
        });
      });
    expect(run({})).toBe(
      '[nightly-dev/nightly_job] task "report" runs the atomic job "report_job"; let a composite job run it, or allow it: { runsAtomicJob: true } (<source line>)',
    );
    expect(run({ runsAtomicJob: true })).toContain("the stack name");
  });

  it("takes no notebook", () => {
    const stack = new JobStack(new App({ outdir: freshFolder() }), "nightly-dev", { environment });
    const error = errorOf(() => {
      // @ts-expect-error -- the type has no such prop
      new OrchestratorJob(stack, "nightly_job", { purpose: "nightly", notebook: notebook("a") });
    });
    expect(error.message).toContain('there is no prop "notebook"');
  });
});

describe("the policy", () => {
  it("refuses a notebook that an override puts into an orchestrator", () => {
    const message = messageOf(() =>
      medallion((nightly) => {
        nightly.addTaskOverride("gold_job", "notebook_task.notebook_path", "/Shared/gold");
        nightly.addTaskOverride("gold_job", "run_job_task", undefined);
      }),
    );
    expect(violationsIn(message)).toContain("composite-runs-jobs: nightly-dev/nightly_job");
  });

  it("refuses a fourth level", () => {
    const message = messageOf(() =>
      medallion((nightly, app) => {
        const stack = new JobStack(app, "platform-dev", { environment });
        const platform = new OrchestratorJob(stack, "platform_job", { purpose: "platform" });
        platform.addRunJobTask("nightly", nightly);
        new OrchestratorJob(stack, "company_job", { purpose: "company" }).addRunJobTask(
          "platform",
          platform,
        );
      }),
    );
    expect(violationsIn(message)).toEqual(["run-job-depth: platform-dev/company_job"]);
  });

  it("warns of a composite job that runs composite jobs", () => {
    const spy = jest.spyOn(process.stderr, "write").mockReturnValue(true);
    try {
      synthesize((app) => {
        const bronze = layer(app, "bronze");
        const stack = new JobStack(app, "nightly-dev", { environment });
        new CompositeJob(stack, "nightly_job", { purpose: "nightly" }).addRunJobTask(
          "bronze",
          bronze,
        );
      });
      expect(spy.mock.calls.join("")).toMatch(/warning orchestrator-level [^]*nightly_job/);
    } finally {
      spy.mockRestore();
    }
  });
});
