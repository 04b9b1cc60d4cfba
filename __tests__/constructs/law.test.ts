import { readFileSync } from "node:fs";
import { join } from "node:path";
import { App as CdktfApp, Aspects, TerraformStack, Testing } from "cdktf";
import {
  App,
  AtomicJob,
  CompositeJob,
  HierarchyPolicy,
  JobEnvironment,
  JobLayer,
  JobStack,
  NotebookSource,
} from "@jobstrata/cdktf";
import { atomicJob, messageOf, plainStack, plannable, violationsIn } from "../support/policy";
import { freshFolder } from "../support/synth";

const dev = new JobEnvironment({ name: "dev", mode: "development" });
const shared = NotebookSource.fromWorkspace("/Shared/alerting/seed");

/** Every app that people synthesize or test with. */
const APPS: [string, () => CdktfApp][] = [
  ["our App", () => new App({ outdir: freshFolder() })],
  ["cdktf's App", () => new CdktfApp({ outdir: freshFolder() })],
  [
    "cdktf's App with skipValidation",
    () => new CdktfApp({ outdir: freshFolder(), skipValidation: true }),
  ],
  ["cdktf's App with HCL", () => new CdktfApp({ outdir: freshFolder(), hclOutput: true })],
  ["Testing.app()", () => Testing.app()],
];

/** Two atomic jobs on one notebook. */
function breakTheLaw(stack: JobStack): JobStack {
  for (const key of ["alerting_seed_job", "alerting_reseed_job"])
    new AtomicJob(stack, key, { purpose: "test", notebook: shared });
  return stack;
}
const VIOLATION = ["notebook-in-one-job: alerting-dev-atomic/alerting_seed_job"];

/** A layer that keeps to the law. */
function keepTheLaw(app: CdktfApp): JobLayer {
  const layer = new JobLayer(app, "alerting", { environment: dev });
  const seed = new AtomicJob(layer.atomic, "alerting_seed_job", {
    purpose: "seed",
    notebook: shared,
  });
  new CompositeJob(layer.composite, "alerting_setup_job", { purpose: "setup" }).addRunJobTask(
    "seed",
    seed,
  );
  return layer;
}

const spy = jest.spyOn(process.stderr, "write");
beforeEach(() => spy.mockReset().mockReturnValue(true));
afterAll(() => {
  spy.mockRestore();
});

// The first test, while there is no App yet.
test("the library adds no process handler before its App is constructed", () => {
  const before = process.listenerCount("uncaughtExceptionMonitor");
  expect(
    () => new JobStack(new CdktfApp({ outdir: freshFolder() }), "1", { environment: dev }),
  ).toThrow("stack name");
  expect(process.listenerCount("uncaughtExceptionMonitor")).toBe(before);
});

describe.each(APPS)("the law under %s", (_, makeApp) => {
  test.each<[string, (app: CdktfApp, stack: JobStack) => unknown]>([
    [
      "app.synth()",
      (app) => {
        app.synth();
      },
    ],
    ["Testing.fullSynth(stack)", (_app, stack) => Testing.fullSynth(stack)],
    ["Testing.synth(stack, true)", (_app, stack) => Testing.synth(stack, true)],
    ["Testing.synthHcl(stack, true)", (_app, stack) => void Testing.synthHcl(stack, true)],
  ])("refuses a notebook in two jobs: %s", (_name, synthesize) => {
    const app = makeApp();
    const { atomic } = new JobLayer(app, "alerting", { environment: dev });
    breakTheLaw(atomic);
    expect(violationsIn(messageOf(() => void synthesize(app, atomic)))).toEqual(VIOLATION);
    expect(plannable(app.outdir)).toEqual([]);
  });

  test("refuses it in another stack than the one that is tested", () => {
    const app = makeApp();
    const layer = new JobLayer(app, "alerting", { environment: dev });
    breakTheLaw(layer.atomic);
    expect(violationsIn(messageOf(() => Testing.fullSynth(layer.composite)))).toEqual(VIOLATION);
    expect(violationsIn(messageOf(() => Testing.synth(layer.composite, true)))).toEqual(VIOLATION);
  });

  test("passes a valid layer, in every way and any order", () => {
    const app = makeApp();
    const { atomic, composite } = keepTheLaw(app);
    const reference =
      "${data.terraform_remote_state.alerting-dev-atomic.outputs.alerting_seed_job_id}";
    const jobIn = (config: string): unknown =>
      (
        JSON.parse(config) as {
          resource: { databricks_job: { alerting_setup_job: { task: unknown } } };
        }
      ).resource.databricks_job.alerting_setup_job.task;
    const tasks = [{ run_job_task: { job_id: reference }, task_key: "seed" }];
    expect(jobIn(Testing.synth(composite, true))).toEqual(tasks);
    if (!app.hclOutput) {
      const folder = Testing.fullSynth(composite);
      expect(
        jobIn(readFileSync(join(folder, "stacks/alerting-dev-composite/cdk.tf.json"), "utf8")),
      ).toEqual(tasks);
    }
    Testing.fullSynth(atomic);
    app.synth();
    expect(plannable(app.outdir)).toHaveLength(3);
    // A test of one stack is no leave for what comes after it.
    new AtomicJob(atomic, "alerting_reseed_job", { purpose: "reseed", notebook: shared });
    expect(violationsIn(messageOf(() => Testing.fullSynth(composite)))).toEqual(VIOLATION);
    expect(
      violationsIn(
        messageOf(() => {
          app.synth();
        }),
      ),
    ).toEqual(VIOLATION);
    expect(plannable(app.outdir)).toEqual([]);
  });

  test("checks stacks of cdktf's own in any position", () => {
    for (const first of [true, false]) {
      const app = makeApp();
      const plain = (): TerraformStack => {
        const stack = plainStack(app, "legacy-dev");
        atomicJob(stack, "legacy_job", "/Shared/legacy", { tags: {} });
        return stack;
      };
      if (first) plain();
      keepTheLaw(app);
      if (!first) plain();
      expect(
        violationsIn(
          messageOf(() => {
            app.synth();
          }),
        ),
      ).toEqual(["job-level-tag: legacy-dev/legacy_job"]);
      expect(plannable(app.outdir)).toEqual([]);
    }
  });

  test("runs every aspect once in a synthesis", () => {
    const app = makeApp();
    const layer = keepTheLaw(app);
    let visits = 0;
    Aspects.of(layer.atomic).add({
      visit: (node) => {
        if (node === layer.atomic) visits++;
      },
    });
    app.synth();
    expect(visits).toBe(1);
  });
});

describe("the law with the policy aspect in an app of cdktf's", () => {
  test("reports once, and warnings once", () => {
    const app = new CdktfApp({ outdir: freshFolder() });
    const { atomic, composite } = keepTheLaw(app);
    for (const scope of [app, atomic, composite]) Aspects.of(scope).add(new HierarchyPolicy());
    app.synth();
    expect(spy.mock.calls.map(([text]) => String(text)).join("")).toBe("");
    new AtomicJob(atomic, "alerting_reseed_job", { purpose: "reseed", notebook: shared });
    const message = messageOf(() => {
      app.synth();
    });
    expect(message).toMatch(/^1 violation of the job hierarchy\./);
    expect(message.split("notebook-in-one-job")).toHaveLength(2);
  });

  test("goes by the rules that the aspect was given, also where only one stack is tested", () => {
    const app = new CdktfApp({ outdir: freshFolder() });
    const { atomic } = new JobLayer(app, "alerting", { environment: dev });
    breakTheLaw(atomic);
    Aspects.of(atomic).add(new HierarchyPolicy({ rules: [] }));
    app.synth();
    Testing.synth(atomic, true);
    Testing.fullSynth(atomic);
  });
});

test("stacks without an app are judged, too", () => {
  const stack = new JobStack(undefined as never, "alerting-dev-atomic", { environment: dev });
  breakTheLaw(stack);
  expect(violationsIn(messageOf(() => Testing.synth(stack, true)))).toEqual([
    "notebook-in-one-job: alerting-dev-atomic/alerting_seed_job",
  ]);
});
