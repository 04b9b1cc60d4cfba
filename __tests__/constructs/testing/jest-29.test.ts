import { App, AtomicJob, CompositeJob, JobLayer, OrchestratorJob } from "@jobstrata/cdktf";
import { jobMatchers } from "@jobstrata/cdktf/testing";
import { devEnvironment, notebook } from "../../support/alerting";
import { freshFolder } from "../../support/synth";

/** `expect` of jest 29, from a package of that name by an alias. */
const { expect: expect29 } = jest.requireActual<{ expect: typeof expect }>("expect-29");
const { version } = jest.requireActual<{ version: string }>("expect-29/package.json");

expect29.extend(jobMatchers);

describe(`the matchers in jest ${version}`, () => {
  const app = new App({ outdir: freshFolder() });
  const layer = new JobLayer(app, "alerting", { environment: devEnvironment() });
  const [tables, seed] = ["tables", "seed"].map(
    (name) =>
      new AtomicJob(layer.atomic, `${name}_job`, { purpose: name, notebook: notebook(name) }),
  ) as [AtomicJob, AtomicJob];
  const setup = new CompositeJob(layer.composite, "setup_job", { purpose: "setup" });
  setup.addRunJobTask("seed", seed, { dependsOn: setup.addRunJobTask("tables", tables) });
  const nightly = new OrchestratorJob(layer.orchestrator, "nightly_job", { purpose: "refresh" });
  nightly.addRunJobTask("setup", setup);

  it("hold", () => {
    expect(version).toMatch(/^29\./);
    expect29(app).toKeepTheHierarchy();
    expect29(seed).toBeAtomicJob({ notebook: "/Shared/alerting/seed" });
    expect29(setup).toBeCompositeJob();
    expect29(nightly).toBeOrchestratorJob();
    expect29(setup).toRunJob("seed_job", { after: ["tables_job"] });
    expect29(setup).not.toRunJob("nightly_job");
  });

  it.each<[string, () => void, RegExp]>([
    [
      "toRunJob",
      () => {
        expect29(setup).toRunJob("tables_job", { after: ["seed_job"] });
      },
      /to run "tables_job" after "seed_job", but it does not wait for "seed_job"\n\nsetup_job {2}composite\n├─ 1\. tables/,
    ],
    [
      "not",
      () => {
        expect29(setup).not.toBeCompositeJob();
      },
      /to have the level composite not, but it has the level composite/,
    ],
    [
      "toBeOrchestratorJob",
      () => {
        expect29(setup).toBeOrchestratorJob();
      },
      /to have the level orchestrator, but it has the level composite/,
    ],
  ])("fail with the tree: %s", (_, expectation, message) => {
    expect(expectation).toThrow(message);
  });
});
