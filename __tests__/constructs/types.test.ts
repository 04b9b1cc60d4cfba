import {
  App,
  AtomicJob,
  CompositeJob,
  JobEnvironment,
  JobLayer,
  NotebookSource,
  OrchestratorJob,
  type Task,
} from "@jobstrata/cdktf";
import { devEnvironment, notebook } from "../support/alerting";
import { errorOf, freshFolder } from "../support/synth";

const { atomic, composite } = new JobLayer(new App({ outdir: freshFolder() }), "alerting", {
  environment: devEnvironment(),
});
const seed = new AtomicJob(atomic, "seed_job", { purpose: "seed", notebook: notebook("seed") });
const setup = new CompositeJob(composite, "setup_job", { purpose: "setup" });
const other = new CompositeJob(composite, "other_job", { purpose: "setup" });

// Each entry on one line, below what the compiler has to say of it.
// prettier-ignore
const FORBIDDEN: [what: string, action: () => unknown][] = [
  // @ts-expect-error -- a composite job has no way to take a notebook
  ["a notebook in a composite job", () => new CompositeJob(composite, "a_job", { purpose: "setup", notebook: notebook("seed") })],
  // @ts-expect-error -- the handle belongs to another job
  ["a dependency on a task of another job", () => setup.addRunJobTask("a", seed, { dependsOn: other.addRunJobTask("a", seed) })],
  // @ts-expect-error -- one of several belongs to another job
  ["one among others", () => setup.addRunJobTask("b", seed, { dependsOn: [setup.addRunJobTask("c", seed), other.addRunJobTask("b", seed)] })],
  // @ts-expect-error -- a key is no handle
  ["a dependency by key", () => setup.addRunJobTask("d", seed, { dependsOn: "a" })],
  // @ts-expect-error -- an atomic job is nothing without its notebook
  ["a job without a notebook", () => new AtomicJob(atomic, "b_job", { purpose: "seed" })],
  // @ts-expect-error -- every job says what it is for
  ["an atomic job without a purpose", () => new AtomicJob(atomic, "c_job", { notebook: notebook("seed") })],
  // @ts-expect-error -- every job says what it is for
  ["a composite job without a purpose", () => new CompositeJob(composite, "d_job", { name: "Setup" })],
  // @ts-expect-error -- every job says what it is for
  ["a composite job without props", () => new CompositeJob(composite, "e_job")],
  // @ts-expect-error -- every job says what it is for
  ["an orchestrator without a purpose", () => new OrchestratorJob(composite, "f_job", {})],
  // @ts-expect-error -- an id is no job
  ["a job by its key", () => setup.addRunJobTask("e", "seed_job")],
  // @ts-expect-error -- there is no such mode
  ["another mode", () => new JobEnvironment({ name: "dev", mode: "dev" })],
  // @ts-expect-error -- exactly one of branch, tag and commit
  ["a branch and a tag", () => NotebookSource.fromGit({ url: "https://x", path: "a", provider: "gitHub", branch: "a", tag: "b" })],
];

describe("what TypeScript forbids, which the type check of this file proves, fails when it runs, too:", () => {
  test.each(FORBIDDEN)("%s", (_, action) => {
    expect(errorOf(action).message).not.toBe("");
  });
});

test("what it lets through", () => {
  const first = other.addRunJobTask("first", seed);
  // A handle whose job is not known fits anywhere.
  const handles: Task[] = [first];
  other.addRunJobTask("second", seed, { dependsOn: handles });
  class Setup extends CompositeJob {
    public constructor() {
      super(composite, "subclass_job", { purpose: "setup" });
      this.addRunJobTask("second", seed, { dependsOn: this.addRunJobTask("first", seed) });
    }
  }
  expect(new Setup().key).toBe("subclass_job");
});
