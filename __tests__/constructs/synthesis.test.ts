import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Job } from "@cdktf/provider-databricks/lib/job";
import {
  Annotations,
  App as PlainApp,
  type AppConfig,
  Aspects,
  type IAspect,
  TerraformOutput,
  TerraformResource,
  type TerraformStack,
} from "cdktf";
import { Construct, type IConstruct } from "constructs";
import {
  App,
  AtomicJob,
  CompositeJob,
  defineRule,
  HierarchyPolicy,
  JobEnvironment,
  JobLayer,
  JobstrataError,
  JobStack,
  NotebookSource,
  type Rule,
} from "@jobstrata/cdktf";
import {
  atomicJob,
  compositeJob,
  contentsOf,
  messageOf,
  notebookBlock,
  plainStack,
  plannable,
  runJobBlock,
  synthesizeOnce,
  tempFolder,
  violationsIn,
} from "../support/policy";

const dev = new JobEnvironment({ name: "dev", mode: "development" });
const IDS = ["tables-dev", "seed-dev", "deploy-dev"] as const;

function at(stacks: readonly TerraformStack[], position: number): TerraformStack {
  const stack = stacks[position];
  if (stack === undefined) throw new Error(`there is no stack ${position}`);
  return stack;
}

type Setup = (config: AppConfig, ids?: readonly string[]) => [PlainApp, TerraformStack[]];

const plainWith =
  (positions: readonly number[]): Setup =>
  (config, ids = IDS) => {
    const app = new PlainApp(config);
    const stacks = ids.map((id) => plainStack(app, id));
    for (const position of positions) Aspects.of(at(stacks, position)).add(new HierarchyPolicy());
    return [app, stacks];
  };

const ownApp: Setup = (config, ids = IDS) => {
  const app = new App(config);
  return [app, ids.map((id) => plainStack(app, id))];
};

/** Every way to have the policy. */
const SETUPS: [string, Setup][] = [
  ["the App of this library", ownApp],
  ["the aspect on the first stack", plainWith([0])],
  ["the aspect on a stack in the middle", plainWith([1])],
  ["the aspect on the last stack", plainWith([2])],
  ["the aspect on all stacks", plainWith([0, 1, 2])],
  ["the aspect twice on one stack", plainWith([1, 1])],
];

/** One violation in each of three stacks. */
function violate([tables, seed, deploy]: readonly TerraformStack[]): void {
  if (tables === undefined || seed === undefined || deploy === undefined) throw new Error();
  atomicJob(tables, "alerting_tables_job", "/Shared/tables", { tags: {} });
  atomicJob(seed, "alerting_seed_job", "/Shared/seed", { environment: [] });
  compositeJob(deploy, "alerting_deploy_job", { deploy: 123 });
}
const VIOLATIONS = [
  "job-level-tag: tables-dev/alerting_tables_job",
  "job-reference: deploy-dev/alerting_deploy_job",
  "atomic-environment: seed-dev/alerting_seed_job",
];

/** A good app: an atomic job in each stack, and a composite that runs them. */
function comply(stacks: readonly TerraformStack[]): Job[] {
  const jobs = stacks.map((stack) =>
    atomicJob(stack, `job_${stack.node.id}`, `/Shared/${stack.node.id}`),
  );
  const last = stacks.at(-1);
  if (last !== undefined)
    compositeJob(last, "setup", Object.fromEntries(jobs.map((j, i) => [`t${i}`, j])));
  return jobs;
}

const spy = jest.spyOn(process.stderr, "write");
beforeEach(() => spy.mockReset().mockReturnValue(true));
afterAll(() => {
  spy.mockRestore();
});
const printed = (): string => spy.mock.calls.map(([text]) => String(text)).join("");

describe.each(SETUPS)("with %s", (name, setup) => {
  let outdir: string;
  beforeEach(() => {
    outdir = tempFolder();
  });

  test("a violation in any stack throws, with every violation of every stack once", () => {
    const [app, stacks] = setup({ outdir });
    violate(stacks);
    let thrown: unknown;
    try {
      app.synth();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(JobstrataError);
    const { code, message } = thrown as JobstrataError;
    expect(code).toBe("policy-violated");
    expect(violationsIn(message)).toEqual(VIOLATIONS);
    expect(message).toMatch(/^3 violations of the job hierarchy\. No configuration was written/);
  });

  test.each([
    ["", {}],
    [" and skipValidation", { skipValidation: true }],
    [" and HCL", { hclOutput: true }],
  ])("leaves nothing to plan, old or new%s", (_, config) => {
    synthesizeOnce(outdir);
    const [app, stacks] = setup({ outdir, ...config });
    mkdirSync(join(outdir, "stacks", "tables-dev"), { recursive: true });
    writeFileSync(join(outdir, "stacks", "tables-dev", "cdk.tf"), "# old");
    violate(stacks);
    expect(
      violationsIn(
        messageOf(() => {
          app.synth();
        }),
      ),
    ).toEqual(VIOLATIONS);
    expect(plannable(outdir)).toEqual([]);
  });

  test("is not stopped by what the CLI sets to go on after error annotations", () => {
    synthesizeOnce(outdir);
    process.env.CDKTF_CONTINUE_SYNTH_ON_ERROR_ANNOTATIONS = "true";
    try {
      const [app, stacks] = setup({ outdir });
      violate(stacks);
      Annotations.of(at(stacks, 0)).addError("something else");
      expect(
        violationsIn(
          messageOf(() => {
            app.synth();
          }),
        ),
      ).toEqual(VIOLATIONS);
    } finally {
      delete process.env.CDKTF_CONTINUE_SYNTH_ON_ERROR_ANNOTATIONS;
    }
    expect(plannable(outdir)).toEqual([]);
  });

  test("a good app writes, byte for byte, what plain cdktf writes", () => {
    const tag: IAspect = {
      visit: (node) => {
        if (isJob(node)) node.addOverride("tags.team", "alerting");
      },
    };
    const build = (make: Setup): Record<string, string> => {
      const folder = tempFolder();
      const [app, stacks] = make({ outdir: folder, stackTraces: false });
      comply(stacks);
      Aspects.of(at(stacks, 1)).add(tag);
      Annotations.of(at(stacks, 0)).addWarning("a warning");
      app.synth();
      return contentsOf(folder);
    };
    const { "jobstrata.json": metadata, ...written } = build(setup);
    expect(metadata).toContain('"tables-dev"');
    expect(written).toEqual(build(plainWith([])));
    expect(Object.keys(written).sort()).toEqual([
      "manifest.json",
      ...[...IDS].sort().map((id) => `stacks/${id}/cdk.tf.json`),
    ]);
    expect(written["stacks/seed-dev/cdk.tf.json"]).toContain('"team": "alerting"');
    expect(printed()).toBe("");
  });

  test("a good app takes the configuration of a stack that it no longer has with it", () => {
    synthesizeOnce(outdir);
    const [app, stacks] = setup({ outdir });
    comply(stacks);
    app.synth();
    expect(plannable(outdir)).toEqual([
      "manifest.json",
      ...[...IDS].sort().map((id) => `stacks/${id}/cdk.tf.json`),
    ]);
  });

  test("reads tags that other aspects add late, and refuses a job without them", () => {
    const build = (all: boolean): void => {
      const [app, stacks] = setup({ outdir });
      const tagger: IAspect = {
        visit: (node) => {
          if (isJob(node)) node.addOverride("tags.job_level", "atomic");
        },
      };
      for (const stack of stacks) {
        const job = atomicJob(stack, `job_${stack.node.id}`, `/${stack.node.id}`, { tags: {} });
        if (all || stack !== stacks[1]) Aspects.of(job).add(tagger);
      }
      app.synth();
    };
    build(true);
    expect(plannable(outdir)).toHaveLength(4);
    expect(
      violationsIn(
        messageOf(() => {
          build(false);
        }),
      ),
    ).toEqual(["job-level-tag: seed-dev/job_seed-dev"]);
  });

  test("sees the jobs that other aspects make", () => {
    const [app, stacks] = setup({ outdir });
    comply(stacks);
    Aspects.of(at(stacks, 2)).add({
      visit: (node) => {
        if (node === stacks[2]) atomicJob(at(stacks, 2), "late", "/x", { tags: {} });
      },
    });
    expect(
      violationsIn(
        messageOf(() => {
          app.synth();
        }),
      ),
    ).toEqual(["job-level-tag: deploy-dev/late"]);
  });

  test("runs every aspect once for every construct, also one that is added twice or makes constructs", () => {
    const [app, stacks] = setup({ outdir });
    comply(stacks);
    const visits = new Map<IConstruct, number>();
    const counter: IAspect = {
      visit: (node) => {
        visits.set(node, (visits.get(node) ?? 0) + 1);
        const stack = stacks.find((each) => each === node);
        if (stack !== undefined) new Construct(stack, "made");
      },
    };
    for (const stack of stacks) {
      Aspects.of(stack).add(counter);
      Aspects.of(stack).add(counter);
      for (const child of stack.node.children) Aspects.of(child).add(counter);
    }
    app.synth();
    const constructs = stacks.flatMap((stack) =>
      stack.node.findAll().filter(({ node: { id } }) => id !== "jobstrata-policy"),
    );
    expect(constructs.map((node) => [node.node.path, visits.get(node)])).toEqual(
      constructs.map((node) => [node.node.path, 1]),
    );
  });

  test("judges every synthesis of the same app", () => {
    const [app, stacks] = setup({ outdir });
    comply(stacks);
    app.synth();
    const good = contentsOf(outdir);
    app.synth();
    expect(contentsOf(outdir)).toEqual(good);
    const bad = atomicJob(at(stacks, 1), "bad", "/Shared/bad", { tags: {} });
    for (let time = 0; time < 2; time++) {
      expect(
        violationsIn(
          messageOf(() => {
            app.synth();
          }),
        ),
      ).toEqual(["job-level-tag: seed-dev/bad"]);
      expect(plannable(outdir)).toEqual([]);
    }
    bad.addOverride("tags.job_level", "atomic");
    app.synth();
    expect(plannable(outdir)).toHaveLength(4);
    expect(contentsOf(outdir)["stacks/seed-dev/cdk.tf.json"]).toContain('"bad"');
  });

  test("leaves no violation to plan when the validation of the first, or the last, stack fails", () => {
    for (const failing of [0, 2]) {
      synthesizeOnce(outdir);
      const [app, stacks] = setup({ outdir });
      violate(stacks);
      at(stacks, failing).node.addValidation({ validate: () => ["not ready"] });
      expect(
        messageOf(() => {
          app.synth();
        }),
      ).toMatch(/not ready|3 violations/);
      const left = contentsOf(outdir);
      for (const file of plannable(outdir)) expect(left[file]).not.toContain("alerting_deploy_job");
    }
  });

  test("takes the configuration that a stack's own synthesizer writes from what was judged", () => {
    const [app, stacks] = setup({ outdir });
    // A stack whose synthesizer runs no aspects cannot be the one that carries the policy.
    const position = name.includes("last") ? 0 : 2;
    const own = at(stacks, position);
    let calls = 0;
    own.synthesizer = {
      synthesize: (session) => {
        calls++;
        const path = join(session.outdir, session.manifest.forStack(own).synthesizedStackPath);
        mkdirSync(join(path, ".."), { recursive: true });
        writeFileSync(path, JSON.stringify(own.toTerraform()));
      },
    };
    const jobs = comply(stacks);
    app.synth();
    expect(calls).toBe(1);
    const { id } = own.node;
    expect(readFileSync(join(outdir, "stacks", id, "cdk.tf.json"), "utf8")).toContain(`job_${id}`);
    jobs[position]?.addOverride("tags.job_level", "none");
    expect(
      violationsIn(
        messageOf(() => {
          app.synth();
        }),
      ),
    ).toEqual([`job-level-tag: ${id}/job_${id}`]);
    expect(plannable(outdir)).toEqual([]);
  });

  test("fails when it saw no job", () => {
    const [app, stacks] = setup({ outdir });
    new TerraformOutput(at(stacks, 0), "nothing", { value: "none" });
    expect(
      violationsIn(
        messageOf(() => {
          app.synth();
        }),
      ),
    ).toEqual(["policy-saw-jobs: "]);
    expect(plannable(outdir)).toEqual([]);
  });
});

describe("HierarchyPolicy", () => {
  test("judges what earlier stacks have written, not what later aspects make of them", () => {
    const [app, stacks] = plainWith([2])({ outdir: tempFolder() });
    const [first, , last] = stacks as [TerraformStack, TerraformStack, TerraformStack];
    const late = atomicJob(first, "alerting_tables_job", "/Shared/tables", { tags: {} });
    Aspects.of(last).add({
      visit: () => {
        late.addOverride("tags.job_level", "atomic");
      },
    });
    expect(
      violationsIn(
        messageOf(() => {
          app.synth();
        }),
      ),
    ).toEqual(["job-level-tag: tables-dev/alerting_tables_job"]);
    expect(plannable(app.outdir)).toEqual([]);
  });

  test("works below a stack, in every synthesis", () => {
    const app = new PlainApp({ outdir: tempFolder() });
    const stack = plainStack(app, "alerting-dev");
    const seed = atomicJob(stack, "alerting_seed_job", "/Shared/seed");
    Aspects.of(seed).add(new HierarchyPolicy());
    app.synth();
    atomicJob(stack, "alerting_reseed_job", "/Shared/seed");
    expect(
      violationsIn(
        messageOf(() => {
          app.synth();
        }),
      ),
    ).toEqual(["notebook-in-one-job: alerting-dev/alerting_seed_job"]);
    expect(plannable(app.outdir)).toEqual([]);
  });

  test("works on a stack within a stack, and on the one around it", () => {
    for (const inner of [true, false]) {
      const app = new PlainApp({ outdir: tempFolder() });
      const outer = plainStack(app, "outer-dev");
      const nested = plainStack(outer, "nested-dev");
      const seed = atomicJob(outer, "alerting_seed_job", "/Shared/seed");
      atomicJob(nested, "alerting_tables_job", "/Shared/tables");
      Aspects.of(inner ? nested : outer).add(new HierarchyPolicy());
      app.synth();
      expect(plannable(app.outdir)).toHaveLength(3);
      seed.addOverride("tags.job_level", "none");
      expect(
        violationsIn(
          messageOf(() => {
            app.synth();
          }),
        ),
      ).toEqual(["job-level-tag: outer-dev/alerting_seed_job"]);
      expect(plannable(app.outdir)).toEqual([]);
    }
  });

  test("applies the rules of every policy in the app", () => {
    const app = new PlainApp({ outdir: tempFolder() });
    const [first, second] = ["tables-dev", "seed-dev"].map((id) => plainStack(app, id)) as [
      TerraformStack,
      TerraformStack,
    ];
    atomicJob(first, "alerting_tables_job", "/Shared/tables", { tags: {} });
    atomicJob(second, "alerting_seed_job", "/Shared/seed");
    Aspects.of(first).add(new HierarchyPolicy({ rules: [] }));
    Aspects.of(second).add(new HierarchyPolicy());
    expect(
      violationsIn(
        messageOf(() => {
          app.synth();
        }),
      ),
    ).toEqual(["job-level-tag: tables-dev/alerting_tables_job"]);
  });

  test("takes other rules", () => {
    const app = new PlainApp({ outdir: tempFolder() });
    const stack = plainStack(app, "alerting-dev");
    atomicJob(stack, "alerting_seed_job", "/Shared/seed", { tags: {} });
    Aspects.of(stack).add(new HierarchyPolicy({ rules: [] }));
    app.synth();
    expect(plannable(app.outdir)).toHaveLength(2);
  });

  test("changes nothing in the App of this library", () => {
    const build = (policy: boolean): Record<string, string> => {
      const app = new App({ outdir: tempFolder() });
      const stack = plainStack(app, "alerting-dev");
      comply([stack]);
      if (policy) Aspects.of(stack).add(new HierarchyPolicy());
      app.synth();
      return contentsOf(app.outdir);
    };
    expect(build(true)).toEqual(build(false));
  });

  test("leaves alone the synthesizer that a stack gets between two syntheses", () => {
    const [app, stacks] = plainWith([0])({ outdir: tempFolder() });
    comply(stacks);
    app.synth();
    let calls = 0;
    at(stacks, 2).synthesizer = { synthesize: () => calls++ };
    app.synth();
    expect(calls).toBe(1);
  });
});

describe("App", () => {
  const rule = (name: string, severity: Rule["severity"], check: Rule["check"]): Rule =>
    defineRule({ name, summary: "…", rationale: "…", severity, check });

  test("takes other rules", () => {
    const named = rule("job-name", "error", ({ jobs }) =>
      jobs.map((job) => ({ message: "no name", fix: "name it", sites: [{ job }] })),
    );
    const app = new App({ outdir: tempFolder(), rules: [named] });
    atomicJob(plainStack(app, "alerting-dev"), "alerting_seed_job", "/Shared/seed", { tags: {} });
    expect(
      violationsIn(
        messageOf(() => {
          app.synth();
        }),
      ),
    ).toEqual(["job-name: alerting-dev/alerting_seed_job"]);
  });

  test("prints warnings and continues", () => {
    const warning = rule("job-name", "warning", ({ jobs }) =>
      jobs.map((job) => ({ message: "no name", fix: "name it", sites: [{ job: { id: job.id } }] })),
    );
    const app = new App({ outdir: tempFolder(), rules: [warning] });
    atomicJob(plainStack(app, "alerting-dev"), "alerting_seed_job", "/Shared/seed");
    app.synth();
    expect(plannable(app.outdir)).toHaveLength(2);
    expect(printed()).toBe(
      "warning job-name [dev]: no name\n  at alerting-dev/alerting_seed_job\n  fix: name it\n",
    );
  });

  test("fails when a rule throws", () => {
    const broken = rule("broken", "warning", () => {
      throw new Error("oops");
    });
    const app = new App({ outdir: tempFolder(), rules: [broken] });
    synthesizeOnce(app.outdir);
    atomicJob(plainStack(app, "alerting-dev"), "alerting_seed_job", "/Shared/seed");
    const message = messageOf(() => {
      app.synth();
    });
    expect(message).toMatch(/^1 violation of the job hierarchy\./);
    expect(message).toContain('error broken [dev]: the rule failed: "oops"');
    expect(plannable(app.outdir)).toEqual([]);
  });

  test("fails without any stack", () => {
    const outdir = tempFolder();
    synthesizeOnce(outdir);
    const app = new App({ outdir });
    expect(
      violationsIn(
        messageOf(() => {
          app.synth();
        }),
      ),
    ).toEqual(["policy-saw-jobs: "]);
    expect(plannable(outdir)).toEqual([]);
  });

  test("leaves nothing to plan if a construct throws", () => {
    const outdir = tempFolder();
    synthesizeOnce(outdir);
    const stack = new JobStack(new App({ outdir }), "alerting-dev", { environment: dev });
    const seed = new AtomicJob(stack, "alerting_seed_job", {
      purpose: "seed",
      notebook: NotebookSource.fromFile("src/alerting/seed_all_alerts.py"),
    });
    const setup = new CompositeJob(stack, "alerting_setup_job", { purpose: "setup" });
    setup.addRunJobTask("seed_all_alerts", seed);
    expect(messageOf(() => setup.addRunJobTask("seed_all_alerts", seed))).toContain("is taken");
    expect(plannable(outdir)).toEqual([]);
  });

  test("escapes hostile names in what it reports", () => {
    const evil = "\u001b[2Jseed\nerror fake: x\u202e";
    const app = new App({ outdir: tempFolder() });
    const job = atomicJob(plainStack(app, "alerting-dev"), `evil${evil}`, `/Shared/${evil}`, {
      tags: { job_level: evil },
      task: [notebookBlock(evil, `/Shared/${evil}`), runJobBlock("t", `\${var.${evil}}`)],
    });
    job.addOverride("task.0.depends_on", [{ task_key: evil }]);
    const message = messageOf(() => {
      app.synth();
    });
    // eslint-disable-next-line no-control-regex -- the report may hold line breaks, and no other control character
    expect(message).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(message).not.toMatch(/^error fake/m);
    expect(message).toContain("\\u001b[2Jseed\\u000aerror fake: x\\u202e");
  });

  test("holds dev and prod apart, and all stacks of dev together", () => {
    const build = (second: string): string[] => {
      const app = new App({ outdir: tempFolder() });
      for (const id of ["tables-dev", second])
        atomicJob(plainStack(app, id), "alerting_tables_job", "/Shared/tables");
      try {
        app.synth();
      } catch (error) {
        return violationsIn((error as Error).message);
      }
      return [];
    };
    expect(build("tables-prod")).toEqual([]);
    expect(build("other-dev")).toEqual(["notebook-in-one-job: tables-dev/alerting_tables_job"]);
  });

  test("lets the environments of a layer share notebooks", () => {
    const app = new App({ outdir: tempFolder() });
    for (const name of ["dev", "test", "blue"]) {
      const environment = new JobEnvironment({ name, mode: "development" });
      const layer = new JobLayer(app, "alerting", { environment });
      const seed = new AtomicJob(layer.atomic, "alerting_seed_job", {
        purpose: "seed",
        notebook: NotebookSource.fromFile("src/alerting/seed_all_alerts.py"),
      });
      new CompositeJob(layer.composite, "alerting_setup_job", { purpose: "setup" }).addRunJobTask(
        "seed",
        seed,
      );
    }
    app.synth();
    expect(plannable(app.outdir)).toHaveLength(7);
  });
});

function isJob(node: IConstruct): node is Job {
  return (
    TerraformResource.isTerraformResource(node) && node.terraformResourceType === "databricks_job"
  );
}
