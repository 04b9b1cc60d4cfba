/** The policy as apps meet it: through `App` of this library, and as an aspect in an app of cdktf's own. */
import { Job } from "@cdktf/provider-databricks/lib/job";
import {
  Annotations,
  App as CdktfApp,
  Aspects,
  type IAspect,
  TerraformOutput,
  type TerraformStack,
  Token,
} from "cdktf";
import { Construct } from "constructs";
import { App, defineRule, HierarchyPolicy, RULES, setEnvironment } from "../../src/index";
import {
  atomicL1,
  compositeL1,
  configOf,
  leaveOldOutput,
  messageOf,
  plainStack,
  plannable,
  rulesIn,
  useOutdir,
} from "../support/stacks";

const outdir = useOutdir();
const NOTEBOOK = "/Shared/alerting/setup_alerting_tables";

/** Makes one stack after the other; `policed` says which of them carry the aspect. */
type MakeApp = (policed?: (stack: string) => boolean) => {
  app: CdktfApp;
  stack: (id: string) => TerraformStack;
};

const withApp: MakeApp = () => {
  const app = new App({ outdir: outdir.path });
  return { app, stack: (id) => plainStack(app, id) };
};

const withAspect: MakeApp = (policed = () => true) => {
  const app = new CdktfApp({ outdir: outdir.path });
  return {
    app,
    stack: (id) => {
      const stack = plainStack(app, id);
      if (policed(id)) Aspects.of(stack).add(new HierarchyPolicy());
      return stack;
    },
  };
};

const WAYS: [string, MakeApp][] = [
  ["App", withApp],
  ["HierarchyPolicy on every stack", withAspect],
  ["HierarchyPolicy on the first stack", () => withAspect((id) => id === "alerting-dev-atomic")],
  [
    "HierarchyPolicy on the second stack",
    () => withAspect((id) => id === "alerting-dev-composite"),
  ],
  ["HierarchyPolicy on the last stack", () => withAspect((id) => id === "alerting-prod")],
];

/** Three stacks that keep to the hierarchy; `break` may change that. */
function hierarchy(
  make: MakeApp,
  change: (stacks: {
    atomic: TerraformStack;
    composite: TerraformStack;
    prod: TerraformStack;
    tables: Job;
  }) => void = () => undefined,
): CdktfApp {
  const { app, stack } = make();
  const atomic = stack("alerting-dev-atomic");
  const composite = stack("alerting-dev-composite");
  const prod = stack("alerting-prod");
  const tables = atomicL1(atomic, "alerting_tables_job", NOTEBOOK);
  compositeL1(composite, "alerting_setup_job", [Token.asNumber(tables.id)]);
  atomicL1(prod, "alerting_tables_job", NOTEBOOK);
  change({ atomic, composite, prod, tables });
  return app;
}

const STACKS = ["alerting-dev-atomic", "alerting-dev-composite", "alerting-prod"];
const WRITTEN = [...STACKS.map((stack) => `${stack}/cdk.tf.json`), "manifest.json"].sort();

afterEach(() => {
  delete process.env.CDKTF_CONTINUE_SYNTH_ON_ERROR_ANNOTATIONS;
});

describe.each(WAYS)("the policy through %s", (_, make) => {
  it("lets a good hierarchy through, and removes what is old", () => {
    leaveOldOutput(outdir.path, ...STACKS);
    hierarchy(make).synth();
    expect(plannable(outdir.path)).toEqual(WRITTEN);
  });

  it("writes just what cdktf would write", () => {
    hierarchy(make).synth();
    const ours = STACKS.map((stack) => configOf(outdir.path, stack));
    hierarchy(() => withAspect(() => false)).synth();
    expect(ours).toEqual(STACKS.map((stack) => configOf(outdir.path, stack)));
  });

  const CHECKLIST: [string, string, Parameters<typeof hierarchy>[1]][] = [
    [
      "each notebook appears in exactly one atomic job",
      "notebook-in-one-job",
      ({ atomic }) => atomicL1(atomic, "alerting_copy_job", NOTEBOOK),
    ],
    [
      "composite jobs use run_job_task only",
      "composite-runs-jobs",
      ({ composite, tables }) =>
        compositeL1(composite, "alerting_mixed_job", [], {
          task: [
            { taskKey: "setup", runJobTask: { jobId: Token.asNumber(tables.id) } },
            { taskKey: "seed", notebookTask: { notebookPath: "/Shared/alerting/seed" } },
          ],
        }),
    ],
    [
      "all jobs have the tag job_level",
      "job-level-tag",
      ({ prod }) =>
        atomicL1(prod, "alerting_seed_job", "/Shared/alerting/seed", {
          tags: { layer: "alerting" },
        }),
    ],
    [
      "job references are references",
      "job-reference",
      ({ composite }) => compositeL1(composite, "alerting_literal_job", [123]),
    ],
    [
      "dependencies use depends_on with task_key",
      "depends-on",
      ({ composite, tables }) =>
        compositeL1(composite, "alerting_order_job", [], {
          task: [
            {
              taskKey: "seed",
              dependsOn: [{ taskKey: "setup" }],
              runJobTask: { jobId: Token.asNumber(tables.id) },
            },
          ],
        }),
    ],
    [
      "atomic jobs have environment_key and environments",
      "atomic-environment",
      ({ prod }) =>
        atomicL1(prod, "alerting_seed_job", "/Shared/alerting/seed", {
          environment: [],
          task: [{ taskKey: "seed", notebookTask: { notebookPath: "/Shared/alerting/seed" } }],
        }),
    ],
  ];

  it.each(CHECKLIST)("stops when it is broken that %s", (__, rule, change) => {
    leaveOldOutput(outdir.path, ...STACKS);
    const report = messageOf(() => {
      hierarchy(make, change).synth();
    });
    expect(rulesIn(report)).toEqual([rule]);
    expect(plannable(outdir.path)).toEqual([]);
  });

  it("reports every violation of every stack once, with construct path and source line", () => {
    leaveOldOutput(outdir.path, ...STACKS);
    const report = messageOf(() => {
      hierarchy(make, ({ atomic, composite, prod }) => {
        atomicL1(atomic, "alerting_copy_job", NOTEBOOK);
        compositeL1(composite, "alerting_literal_job", [123]);
        atomicL1(prod, "alerting_copy_job", NOTEBOOK);
      }).synth();
    });
    expect(rulesIn(report)).toEqual([
      "notebook-in-one-job",
      "job-reference",
      "notebook-in-one-job",
    ]);
    expect(report).toMatch(/^3 violations of the job hierarchy/);
    expect(report).toMatch(
      /at alerting-dev-atomic\/alerting_copy_job, task run \(__tests__\/support\/stacks\.ts:\d+\)/,
    );
    expect(report).toContain("[dev]");
    expect(report).toContain("[prod]");
    expect(plannable(outdir.path)).toEqual([]);
  });

  it("is not silenced by skipValidation, nor by the CLI's wish to go on", () => {
    process.env.CDKTF_CONTINUE_SYNTH_ON_ERROR_ANNOTATIONS = "true";
    leaveOldOutput(outdir.path, ...STACKS);
    const app = hierarchy(make, ({ composite }) =>
      compositeL1(composite, "alerting_literal_job", [123]),
    );
    (app as { skipValidation: boolean }).skipValidation = true;
    expect(
      rulesIn(
        messageOf(() => {
          app.synth();
        }),
      ),
    ).toEqual(["job-reference"]);
    expect(plannable(outdir.path)).toEqual([]);
  });

  it("judges what overrides make of a job", () => {
    const report = messageOf(() => {
      hierarchy(make, ({ composite, prod }) => {
        const setup = composite.node.findChild("alerting_setup_job") as Job;
        setup.addOverride("task.0.notebook_task.notebook_path", "/Shared/alerting/seed");
        prod.addOverride("resource.databricks_job.alerting_tables_job.tags.job_level", "both");
      }).synth();
    });
    expect(rulesIn(report)).toEqual(["composite-runs-jobs", "job-level-tag"]);
  });

  it("sees tags that other aspects add, wherever they are attached", () => {
    const tag: IAspect = {
      visit: (construct) => {
        if (construct instanceof Job) construct.addOverride("tags.job_level", "atomic");
      },
    };
    const app = hierarchy(make, ({ prod }) => {
      atomicL1(prod, "alerting_seed_job", "/Shared/alerting/seed", { tags: {} });
      Aspects.of(prod).add(tag);
    });
    expect(() => {
      app.synth();
    }).not.toThrow();
  });

  it("lets every aspect visit every construct once, also one that adds constructs", () => {
    const visits = new Map<string, number>();
    const adding: IAspect = {
      visit: (construct) => {
        visits.set(construct.node.path, (visits.get(construct.node.path) ?? 0) + 1);
        if (construct instanceof Job) {
          new TerraformOutput(construct, "name", { value: construct.name });
        }
      },
    };
    const app = hierarchy(make, ({ atomic, composite, prod }) => {
      for (const stack of [atomic, composite, prod]) Aspects.of(stack).add(adding);
    });
    app.synth();
    expect(visits.get("alerting-prod/alerting_tables_job")).toBe(1);
    expect([...visits.values()].filter((count) => count !== 1)).toEqual([]);
    expect(configOf(outdir.path, "alerting-prod")).toContain("alerting_tables_job_name");
  });

  it("names its violations even if another stack is broken in a way of its own", () => {
    leaveOldOutput(outdir.path, ...STACKS);
    const app = hierarchy(make, ({ atomic, prod }) => {
      atomicL1(atomic, "alerting_copy_job", NOTEBOOK);
      Annotations.of(prod).addError("no budget");
    });
    expect(
      rulesIn(
        messageOf(() => {
          app.synth();
        }),
      ),
    ).toEqual(["notebook-in-one-job"]);
    expect(plannable(outdir.path)).toEqual([]);
  });

  it("synthesizes an app twice", () => {
    const app = hierarchy(make);
    app.synth();
    const first = STACKS.map((stack) => configOf(outdir.path, stack));
    app.synth();
    expect(STACKS.map((stack) => configOf(outdir.path, stack))).toEqual(first);
    atomicL1(app.node.findChild("alerting-prod"), "alerting_copy_job", NOTEBOOK);
    expect(
      rulesIn(
        messageOf(() => {
          app.synth();
        }),
      ),
    ).toEqual(["notebook-in-one-job"]);
    expect(plannable(outdir.path)).toEqual([]);
  });

  it("leaves a stack its own synthesizer", () => {
    let used = 0;
    hierarchy(make, ({ prod }) => {
      const original = prod.synthesizer;
      prod.synthesizer = {
        synthesize: (session) => {
          used++;
          original.synthesize(session);
        },
      };
    }).synth();
    expect(used).toBe(1);
    expect(plannable(outdir.path)).toEqual(WRITTEN);
  });

  it("fails if it saw no job", () => {
    const { app, stack } = make();
    for (const id of STACKS) stack(id);
    expect(
      rulesIn(
        messageOf(() => {
          app.synth();
        }),
      ),
    ).toEqual(["policy-saw-jobs"]);
  });

  it("does not let a stack's own failure leave configurations that were not judged", () => {
    leaveOldOutput(outdir.path, ...STACKS);
    const app = hierarchy(make, ({ prod }) => {
      prod.node.addValidation({ validate: () => ["no budget"] });
    });
    expect(
      messageOf(() => {
        app.synth();
      }),
    ).toContain("no budget");
    expect(plannable(outdir.path)).not.toContain("alerting-prod/cdk.tf.json");
    expect(plannable(outdir.path)).not.toContain("removed-since/cdk.tf.json");
  });
});

describe("the policy", () => {
  it("lets dev and prod share a notebook, but not two stacks of dev", () => {
    const { app, stack } = withApp();
    atomicL1(stack("alerting-dev"), "alerting_tables_job", NOTEBOOK);
    atomicL1(stack("alerting-prod"), "alerting_tables_job", NOTEBOOK);
    app.synth();
    atomicL1(stack("reporting_dev"), "reporting_tables_job", NOTEBOOK);
    expect(
      messageOf(() => {
        app.synth();
      }),
    ).toContain("[dev]: notebook");
  });

  it("takes the word of setEnvironment for the environment of a stack", () => {
    const { app, stack } = withApp();
    const [us, eu] = [stack("alerting-prod-us"), stack("alerting-prod-eu")];
    atomicL1(us, "alerting_tables_job", NOTEBOOK);
    atomicL1(eu, "alerting_tables_job", NOTEBOOK);
    expect(
      messageOf(() => {
        app.synth();
      }),
    ).toContain("[prod]");
    setEnvironment(us, "prod_us");
    setEnvironment(eu, "prod_eu");
    expect(() => {
      app.synth();
    }).not.toThrow();
  });

  it("takes stacks that name no environment as one", () => {
    const { app, stack } = withApp();
    atomicL1(stack("alerting"), "alerting_tables_job", NOTEBOOK);
    atomicL1(stack("reporting"), "reporting_tables_job", NOTEBOOK);
    expect(
      messageOf(() => {
        app.synth();
      }),
    ).toContain("error notebook-in-one-job [default]");
  });

  it("finds jobs of two stacks that run each other", () => {
    const { app, stack } = withApp();
    const [first, second] = [stack("alerting-dev-a"), stack("alerting-dev-b")];
    const id = (of: TerraformStack, job: string, at: TerraformStack): number => {
      const state = of
        .ensureBackendExists()
        .getRemoteStateDataSource(at, `state-${of.node.id}`, of.node.path);
      return state.getNumber(`${job}_id`);
    };
    const a = compositeL1(first, "alerting_a_job", [id(second, "alerting_b_job", first)]);
    const b = compositeL1(second, "alerting_b_job", [id(first, "alerting_a_job", second)]);
    new TerraformOutput(first, "alerting_a_job_id", { value: a.id, staticId: true });
    new TerraformOutput(second, "alerting_b_job_id", { value: b.id, staticId: true });
    expect(
      rulesIn(
        messageOf(() => {
          app.synth();
        }),
      ),
    ).toEqual(["run-job-cycle"]);
  });

  it("finds two jobs that would overwrite each other in Terraform", () => {
    const { app, stack } = withApp();
    const dev = stack("alerting-dev");
    atomicL1(dev, "alerting_tables_job", NOTEBOOK);
    atomicL1(new Construct(dev, "legacy"), "tables", NOTEBOOK).overrideLogicalId(
      "alerting_tables_job",
    );
    expect(
      messageOf(() => {
        app.synth();
      }),
    ).toContain('2 jobs of stack "alerting-dev" have the resource name');
  });

  it("takes rules of the user's own, and prints warnings without stopping", () => {
    const owned = defineRule({
      name: "owned-jobs",
      summary: "Every job has an owner.",
      rationale: "Somebody has to be called.",
      severity: "warning",
      *check(graph) {
        for (const job of graph.jobs)
          yield { message: `${job.key} has no owner`, fix: "tag it", sites: [{ job }] };
      },
    });
    const printed = jest.spyOn(process.stderr, "write").mockReturnValue(true);
    try {
      const app = new App({ outdir: outdir.path, rules: [...RULES, owned] });
      atomicL1(plainStack(app, "alerting-dev"), "alerting_tables_job", NOTEBOOK);
      app.synth();
      expect(printed.mock.calls.map(([text]) => text).join("")).toContain(
        "warning owned-jobs [dev]: alerting_tables_job has no owner",
      );
    } finally {
      printed.mockRestore();
    }
    expect(plannable(outdir.path)).toContain("alerting-dev/cdk.tf.json");
  });

  it("removes HCL as well", () => {
    const app = new App({ outdir: outdir.path, hclOutput: true });
    const dev = plainStack(app, "alerting-dev");
    leaveOldOutput(outdir.path, "alerting-dev");
    atomicL1(dev, "alerting_tables_job", NOTEBOOK);
    atomicL1(dev, "alerting_copy_job", NOTEBOOK);
    messageOf(() => {
      app.synth();
    });
    expect(plannable(outdir.path)).toEqual([]);
  });
});
