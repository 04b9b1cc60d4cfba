import { App, AtomicJob, CompositeJob, isDatabricksJob, JobLayer } from "@jobstrata/cdktf";
import { jobGraph, jobMatchers } from "@jobstrata/cdktf/testing";
import { Job } from "@cdktf/provider-databricks/lib/job";
import { App as CdktfApp, Aspects, type IAspect, TerraformVariable } from "cdktf";
import { devEnvironment, notebook } from "../support/alerting";
import { atomicJob, messageOf, plainStack, tempFolder } from "../support/policy";
import { freshFolder, readOutput, type Synthesized } from "../support/synth";

expect.extend(jobMatchers);

/** A construct as an aspect sees it. */
type Node = Record<string, unknown>;

/** The tagging aspect of CDKTF's own documentation. */
class TagsAddingAspect implements IAspect {
  readonly #tags: Record<string, string>;

  public constructor(tags: Record<string, string>) {
    this.#tags = tags;
  }

  public visit(construct: object): void {
    const node = construct as Node;
    if ("tags" in node && "tagsInput" in node)
      node.tags = { ...(node.tagsInput as object | undefined), ...this.#tags };
  }
}

const visiting = (visit: (job: Node) => void): IAspect => ({
  visit: (node) => {
    if (isDatabricksJob(node)) visit(node as unknown as Node);
  },
});

function withAspect(
  aspect: IAspect,
  app = new App({ outdir: freshFolder() }),
): Synthesized & { readonly app: App } {
  const { atomic, composite } = new JobLayer(app, "alerting", { environment: devEnvironment() });
  const seed = new AtomicJob(atomic, "seed_job", {
    purpose: "seed",
    tags: { team: "health" },
    notebook: notebook("seed"),
    timeoutSeconds: 60,
  });
  new CompositeJob(composite, "setup_job", {
    purpose: "setup",
    description: "Sets up",
  }).addRunJobTask("seed", seed);
  for (const stack of [atomic, composite]) Aspects.of(stack).add(aspect);
  app.synth();
  return { ...readOutput(app.outdir), app };
}

test("the tagging aspect of CDKTF's documentation tags our jobs like any resource", () => {
  const { job, app } = withAspect(new TagsAddingAspect({ cost_centre: "42" }));
  expect(job("seed_job").tags).toEqual({
    job_level: "atomic",
    layer: "alerting",
    purpose: "seed",
    team: "health",
    cost_centre: "42",
  });
  expect(job("setup_job").tags).toMatchObject({ job_level: "composite", cost_centre: "42" });
  // What it sets is what the policy judges.
  expect(jobGraph(app).job("setup_job").tags.cost_centre).toBe("42");
});

test("each top-level attribute can be read, set and reset, as in the provider's own class", () => {
  const { job } = withAspect(
    visiting((each) => {
      const { description, descriptionInput, timeoutSecondsInput, nameInput } = each;
      expect(String(description)).toContain("TfToken");
      each.description = `${String(descriptionInput)}, ${String(nameInput)}, ${String(timeoutSecondsInput)}`;
      each.maxConcurrentRuns = 7;
      each.performanceTarget = "STANDARD";
      (each.resetTimeoutSeconds as () => void).call(each);
    }),
  );
  expect(job("seed_job")).toMatchObject({
    description: "undefined, [dev] seed_job, 60",
    max_concurrent_runs: 7,
    performance_target: "STANDARD",
  });
  expect(job("setup_job").description).toBe("Sets up, [dev] setup_job, undefined");
  expect(job("seed_job")).not.toHaveProperty("timeout_seconds");
});

test("they are the properties of the provider's own class", () => {
  const names = [
    "budgetPolicyId",
    "description",
    "editMode",
    "maxConcurrentRuns",
    "name",
    "performanceTarget",
    "tags",
    "timeoutSeconds",
    "usagePolicyId",
  ];
  const { atomic } = new JobLayer(new App({ outdir: freshFolder() }), "alerting", {
    environment: devEnvironment(),
  });
  const ours = new AtomicJob(atomic, "seed_job", { purpose: "seed", notebook: notebook("seed") })
    .node.defaultChild as unknown as Node;
  for (const name of names) {
    expect(name in Job.prototype && `${name}Input` in Job.prototype).toBe(true);
    expect(name in ours && `${name}Input` in ours).toBe(true);
  }
});

test("resetting the tags leaves those of the hierarchy", () => {
  const { job } = withAspect(
    visiting((each) => {
      (each.resetTags as () => void).call(each);
    }),
  );
  expect(job("seed_job").tags).toEqual({ job_level: "atomic", layer: "alerting", purpose: "seed" });
});

test.each<[what: string, tags: object, message: string]>([
  [
    "another level",
    { job_level: "composite", layer: "alerting", purpose: "seed" },
    '[alerting-dev-atomic/seed_job] the tags that are assigned to the job set job_level to "composite"; it has job_level = "atomic", which follows from the hierarchy',
  ],
  [
    "no level",
    { team: "health" },
    "[alerting-dev-atomic/seed_job] the tags that are assigned to the job leave out job_level; spread tagsInput into them",
  ],
  [
    "another layer",
    { job_level: "atomic", layer: "gold", purpose: "seed" },
    '[alerting-dev-atomic/seed_job] the tags that are assigned to the job set layer to "gold"',
  ],
])("an aspect may not give %s", (_, tags, message) => {
  expect(
    messageOf(() =>
      withAspect(
        visiting((each) => {
          each.tags = tags;
        }),
      ),
    ).startsWith(message),
  ).toBe(true);
});

test("an aspect may add a tag that only Terraform knows", () => {
  const app = new App({ outdir: freshFolder() });
  const { atomic } = new JobLayer(app, "alerting", { environment: devEnvironment() });
  new AtomicJob(atomic, "seed_job", { purpose: "seed", notebook: notebook("seed") });
  const owner = new TerraformVariable(atomic, "owner", { type: "string" });
  Aspects.of(atomic).add(new TagsAddingAspect({ owner: owner.stringValue }));
  app.synth();
  expect(readOutput(app.outdir).job("seed_job").tags).toMatchObject({ owner: "${var.owner}" });
});

test("isDatabricksJob knows our jobs and the provider's own, where instanceof Job knows only the latter", () => {
  const app = new CdktfApp({ outdir: tempFolder() });
  const stack = plainStack(app, "legacy-dev");
  const theirs = atomicJob(stack, "legacy_job", "/Shared/legacy");
  const { atomic } = new JobLayer(app, "alerting", { environment: devEnvironment() });
  const ours = new AtomicJob(atomic, "seed_job", { purpose: "seed", notebook: notebook("seed") });
  expect(app.node.findAll().filter((node) => isDatabricksJob(node))).toEqual([
    theirs,
    ours.node.defaultChild,
  ]);
  expect(ours.node.defaultChild).not.toBeInstanceOf(Job);
  expect(isDatabricksJob(stack)).toBe(false);
});
