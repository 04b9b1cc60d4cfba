import {
  App,
  AtomicJob,
  CompositeJob,
  fromJobName,
  JobLayer,
  OrchestratorJob,
} from "@jobstrata/cdktf";
import { jobGraph, jobMatchers } from "@jobstrata/cdktf/testing";
import { App as CdktfApp, Aspects, Testing } from "cdktf";
import { devEnvironment, notebook, prodEnvironment } from "../../support/alerting";
import { freshFolder } from "../../support/synth";

expect.extend(jobMatchers);

/** The message of an expectation that does not hold, without colours and the line of the test. */
function failure(expectation: () => unknown): string {
  try {
    expectation();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("the expectation held");
}

interface Alerting {
  readonly app: CdktfApp;
  readonly seed: AtomicJob;
  readonly setup: CompositeJob;
  readonly nightly: OrchestratorJob;
}

function alerting(
  app: CdktfApp = new App({ outdir: freshFolder() }),
  environment = devEnvironment(),
): Alerting {
  const { atomic, composite, orchestrator } = new JobLayer(app, "alerting", { environment });
  const [tables, seed, validation] = ["tables", "seed", "validation"].map(
    (name) =>
      new AtomicJob(atomic, `${name}_job`, {
        purpose: name,
        notebook: notebook(name),
        parameters: { catalog: "dev" },
      }),
  ) as [AtomicJob, AtomicJob, AtomicJob];
  const setup = new CompositeJob(composite, "setup_job", { purpose: "setup" });
  const first = setup.addRunJobTask("tables", tables);
  const second = setup.addRunJobTask("seed", seed, { dependsOn: first });
  setup.addRunJobTask("validation", validation, { dependsOn: second });
  setup.addForEachTask("audit", fromJobName(composite, "audit", "Audit"), {
    inputs: ["a"],
    dependsOn: first,
  });
  const nightly = new OrchestratorJob(orchestrator, "nightly_job", { purpose: "nightly" });
  nightly.addRunJobTask("setup", setup);
  return { app, seed, setup, nightly };
}

describe.each([
  ["our App", () => new App({ outdir: freshFolder() })],
  ["cdktf's App", () => new CdktfApp({ outdir: freshFolder() })],
  ["Testing.app()", () => Testing.app()],
])("with %s", (_, makeApp) => {
  test("each matcher passes if its statement is true", () => {
    const { app, seed, setup, nightly } = alerting(makeApp());
    expect(app).toKeepTheHierarchy();
    expect(seed).toBeAtomicJob();
    expect(seed).toBeAtomicJob({
      notebook: "/Shared/alerting/seed",
      parameters: { catalog: "dev" },
    });
    expect(setup).toBeCompositeJob();
    expect(nightly).toBeOrchestratorJob();
    expect(setup).toRunJob("seed_job");
    expect(setup).toRunJob("seed_job", { after: ["tables_job"] });
    expect(setup).toRunJob("validation_job", { after: ["tables_job", "seed_job"] });
    expect(setup).toRunJob("audit", { after: ["tables_job"] });
    expect(nightly).toRunJob("setup_job");
    expect(setup).not.toRunJob("nightly_job");
    expect(setup).not.toRunJob("tables_job", { after: ["seed_job"] });
    expect(seed).not.toBeCompositeJob();
    expect(seed).not.toBeAtomicJob({ notebook: "/Shared/alerting/tables" });
  });
});

test("a failure message shows the actual state and the tree", () => {
  const { seed, setup } = alerting();
  expect(
    failure(() => {
      expect(setup).toRunJob("validation_job", { after: ["audit"] });
    }),
  ).toMatchInlineSnapshot(`
   "expected job "setup_job" to run "validation_job" after "audit", but it does not wait for "audit"

   setup_job  composite
   ├─ 1. tables  → tables_job  atomic
   │  └─ tables  /Shared/alerting/tables
   ├─ 2. audit  for each of ["a"]  after tables
   ├─ audit_iteration  → audit (external)  in audit
   ├─ 2. seed  → seed_job  atomic  after tables
   │  └─ seed  /Shared/alerting/seed
   └─ 3. validation  → validation_job  atomic  after seed
      └─ validation  /Shared/alerting/validation
   "
  `);
  expect(
    failure(() => {
      expect(setup).toRunJob("validatoin_job");
    }),
  ).toContain('expected job "setup_job" to run "validatoin_job", but no task runs it\n\nsetup_job');
  expect(
    failure(() => {
      expect(setup).not.toRunJob("seed_job");
    }),
  ).toContain('expected job "setup_job" to run "seed_job" not, but it does');
  expect(
    failure(() => {
      expect(seed).toBeAtomicJob({ notebook: "seed.py" });
    }),
  ).toMatchInlineSnapshot(`
   "expected atomic job "seed_job" to run the notebook "seed.py", but it runs "/Shared/alerting/seed"

   seed_job  atomic
   └─ seed  /Shared/alerting/seed
   "
  `);
  expect(
    failure(() => {
      expect(seed).toBeAtomicJob({ parameters: { catalog: "prod" } });
    }),
  ).toContain('but the parameters are catalog = "dev"');
  expect(
    failure(() => {
      expect(setup).toBeAtomicJob();
    }),
  ).toContain('expected job "setup_job" to have the level atomic, but it has the level composite');
});

test("a violation is shown with its fix and the tree", () => {
  const { app, seed } = alerting();
  new AtomicJob(seed.stack, "reseed_job", { purpose: "seed", notebook: notebook("seed") });
  const message = failure(() => {
    expect(app).toKeepTheHierarchy();
  });
  expect(message).toContain(
    'expected the jobs of environment "dev" to keep the hierarchy, but the policy finds an error:\n\nerror notebook-in-one-job [dev]',
  );
  expect(message).toContain("reseed_job");
  expect(message).toMatch(/nightly_job[^]*setup_job[^]*seed_job/);
});

test("what aspects do is seen", () => {
  const { app, seed, setup } = alerting();
  Aspects.of(seed.stack).add({
    visit: (node) => {
      if ("addTaskOverride" in node && node === seed)
        seed.addTaskOverride("seed", "notebook_task.notebook_path", "/Shared/other");
    },
  });
  expect(seed).toBeAtomicJob({ notebook: "/Shared/other" });
  expect(jobGraph(app).job("setup_job")).toRunJob("seed_job");
  expect(jobGraph(setup).keys).toContain("seed_job");
});

test("an error names the environments if there are several, and a missing job", () => {
  const app = new App({ outdir: freshFolder() });
  alerting(app);
  alerting(app, prodEnvironment());
  expect(() => jobGraph(app)).toThrow(
    'the app has several environments; name one: jobGraph(app, environment); it has "dev", "prod"',
  );
  expect(() => jobGraph(app, "prodd")).toThrow(
    'the app has no environment "prodd" (did you mean "prod"?)',
  );
  expect(jobGraph(app, "prod")).toKeepTheHierarchy();
  expect(() => jobGraph(app, "prod").job("sed_job")).toThrow(
    'environment "prod" has no job "sed_job" (did you mean "seed_job"?)',
  );
  expect(() => {
    expect(app).toBeAtomicJob();
  }).toThrow("this matcher is for a job, or jobGraph(app).job(key)");
  expect(() => {
    expect("seed_job").toKeepTheHierarchy();
  }).toThrow("expect() was given seed_job; this matcher is for an app");
});

test("nothing is written, and the app can be synthesized after", () => {
  const { app } = alerting();
  expect(app).toKeepTheHierarchy();
  app.synth();
});

test("what several environments have alike is found in each", () => {
  const app = new App({ outdir: freshFolder() });
  for (const environment of [devEnvironment(), prodEnvironment()]) {
    const { seed } = alerting(app, environment);
    new AtomicJob(seed.stack, "reseed_job", { purpose: "seed", notebook: notebook("seed") });
  }
  for (const environment of ["dev", "prod"])
    expect(
      failure(() => {
        expect(jobGraph(app, environment)).toKeepTheHierarchy();
      }),
    ).toContain("error notebook-in-one-job [dev, prod]");
});
