import { Job, type JobConfig } from "@cdktf/provider-databricks/lib/job";
import { App as PlainApp, Aspects, type TerraformStack } from "cdktf";
import { App, HierarchyPolicy } from "@jobstrata/cdktf";
import {
  messageOf,
  notebookBlock,
  plainStack,
  plannable,
  runJobBlock,
  SERVERLESS,
  synthesizeOnce,
  tempFolder,
} from "../support/policy";

const TABLES = "/Shared/alerting/setup_alerting_tables";
const SEED = "/Shared/alerting/seed_all_alerts";

interface Jobs {
  readonly tables: Job;
  readonly seed: Job;
  readonly setup: Job;
}

/** The hierarchy of the specification in little, hand-written; `breakIt` may do anything to it. */
function alerting(stack: TerraformStack, breakIt: (jobs: Jobs) => void): void {
  const atomic = (id: string, purpose: string, path: string): Job =>
    new Job(stack, id, {
      environment: SERVERLESS,
      tags: { job_level: "atomic", layer: "alerting", purpose },
      task: [notebookBlock("run", path)],
    });
  const tables = atomic("alerting_tables_job", "setup", TABLES);
  const seed = atomic("alerting_seed_job", "seed", SEED);
  const config: JobConfig = {
    tags: { job_level: "composite", layer: "alerting", orchestrator: "true" },
    task: [
      {
        ...runJobBlock("seed_all_alerts", seed),
        dependsOn: [{ taskKey: "setup_alerting_tables" }],
      },
      runJobBlock("setup_alerting_tables", tables),
    ],
  };
  const setup = new Job(stack, "alerting_setup_orchestrator_job", config);
  breakIt({ tables, seed, setup });
}

const WAYS: [string, (outdir: string, breakIt: (jobs: Jobs) => void) => void][] = [
  [
    "the App",
    (outdir, breakIt) => {
      const app = new App({ outdir });
      alerting(plainStack(app, "alerting-dev"), breakIt);
      app.synth();
    },
  ],
  [
    "the aspect in a plain app",
    (outdir, breakIt) => {
      const app = new PlainApp({ outdir });
      const stack = plainStack(app, "alerting-dev");
      alerting(stack, breakIt);
      Aspects.of(stack).add(new HierarchyPolicy());
      app.synth();
    },
  ],
];

/** Each line of the specification's checklist, broken, and what the report has to say of it. */
const LINES: [string, (jobs: Jobs) => void, string[]][] = [
  [
    "each notebook appears in exactly one atomic job",
    ({ seed }) => {
      seed.putTask([notebookBlock("run", "/Workspace/Shared/alerting/setup_alerting_tables.py")]);
    },
    [
      `error notebook-in-one-job [dev]: notebook "${TABLES}" is used by 2 jobs`,
      "  at alerting-dev/alerting_tables_job, task run (",
      "  at alerting-dev/alerting_seed_job, task run (",
      '  fix: keep it in one atomic job, such as "alerting_tables_job", and run that job from the others with run_job_task',
    ],
  ],
  [
    "composite jobs use run_job_task only: an override adds a notebook to a run_job_task",
    ({ setup }) => {
      setup.addOverride("task.0.notebook_task", { notebook_path: "/Shared/alerting/extra" });
    },
    [
      'error composite-runs-jobs [dev]: composite job "alerting_setup_orchestrator_job" holds a notebook_task of notebook "/Shared/alerting/extra"',
      "  at alerting-dev/alerting_setup_orchestrator_job, task seed_all_alerts (",
      "  fix: move it to an atomic job and run that job with run_job_task",
    ],
  ],
  [
    "all jobs have job_level tag",
    ({ seed }) => {
      seed.tags = { layer: "alerting", purpose: "seed" };
    },
    [
      'error job-level-tag [dev]: job "alerting_seed_job" has no tag job_level',
      "  at alerting-dev/alerting_seed_job (",
      '  fix: tag it job_level = "atomic"',
    ],
  ],
  [
    "job references are references",
    ({ setup }) => {
      setup.addOverride("task.1.run_job_task.job_id", 123456);
    },
    [
      'error job-reference [dev]: run_job_task names its job by the literal id "123456"',
      "  at alerting-dev/alerting_setup_orchestrator_job, task setup_alerting_tables (",
      "  fix: refer to a job resource (addRunJobTask takes the job), or declare an external job with fromJobId or fromJobName",
    ],
  ],
  [
    "dependencies use depends_on with task_key",
    ({ setup }) => {
      setup.addOverride("task.0.depends_on.0.task_key", "alerting_tables_job");
    },
    [
      'error depends-on [dev]: task "seed_all_alerts" depends on "alerting_tables_job", but job "alerting_setup_orchestrator_job" has no such task',
      "  at alerting-dev/alerting_setup_orchestrator_job, task seed_all_alerts (",
      '  fix: name "setup_alerting_tables"',
    ],
  ],
  [
    "atomic jobs have environment_key",
    ({ tables }) => {
      tables.addOverride("task.0.environment_key", undefined);
    },
    [
      'error atomic-environment [dev]: the notebook of atomic job "alerting_tables_job" has no environment_key',
      "  at alerting-dev/alerting_tables_job, task run (",
      '  fix: set environment_key to "default"',
    ],
  ],
  [
    "atomic jobs have an environments block",
    ({ tables }) => {
      tables.resetEnvironment();
    },
    [
      'error atomic-environment [dev]: the notebook of atomic job "alerting_tables_job" has environment_key "default", which no environment of the job defines',
      "  at alerting-dev/alerting_tables_job, task run (",
      '  fix: give the job an environment "default" with environment_version "4"',
    ],
  ],
];

describe.each(WAYS)("the checklist, by %s", (_, synthesize) => {
  test("passes when it is kept", () => {
    const outdir = tempFolder();
    synthesize(outdir, () => undefined);
    expect(plannable(outdir)).toEqual(["manifest.json", "stacks/alerting-dev/cdk.tf.json"]);
  });

  test.each(LINES)("%s", (_line, breakIt, expected) => {
    const outdir = tempFolder();
    synthesizeOnce(outdir);
    const message = messageOf(() => {
      synthesize(outdir, breakIt);
    });
    const [summary, , ...report] = message.trimEnd().split("\n");
    expect(summary).toBe(
      "1 violation of the job hierarchy. No configuration was written, so there is nothing to plan.",
    );
    expect(report.map((line) => line.replace(/\(__tests__\/.*:\d+\)$/, "("))).toEqual(expected);
    expect(plannable(outdir)).toEqual([]);
  });

  test("reports the wrong pattern of the specification: the notebook in both jobs", () => {
    const outdir = tempFolder();
    const message = messageOf(() => {
      synthesize(outdir, ({ setup, seed }) => {
        setup.putTask([
          notebookBlock("setup_alerting_tables", TABLES),
          runJobBlock("seed_all_alerts", seed),
        ]);
      });
    });
    expect(message.split("\n").filter((line) => line.startsWith("error"))).toEqual([
      `error notebook-in-one-job [dev]: notebook "${TABLES}" is used by 2 jobs`,
    ]);
  });

  test.each<[string, (jobs: Jobs) => void, string]>([
    [
      "two tasks of one key",
      ({ setup }) => {
        setup.addOverride("task.1.task_key", "seed_all_alerts");
        setup.addOverride("task.0.depends_on", undefined);
      },
      'error task-key [dev]: job "alerting_setup_orchestrator_job" has 2 tasks with the key "seed_all_alerts"',
    ],
    [
      "a key that the Jobs API refuses",
      ({ tables }) => {
        tables.addOverride("task.0.task_key", "set up");
      },
      'error task-key [dev]: job "alerting_tables_job" has a task with the key "set up"',
    ],
    [
      "tasks that wait for each other",
      ({ setup }) => {
        setup.addOverride("task.1.depends_on", [{ task_key: "seed_all_alerts" }]);
      },
      'error task-cycle [dev]: tasks of job "alerting_setup_orchestrator_job" depend on each other: "seed_all_alerts" -> "setup_alerting_tables" -> "seed_all_alerts"',
    ],
    [
      "a job that runs itself",
      ({ setup }) => {
        setup.addOverride(
          "task.0.run_job_task.job_id",
          "${databricks_job.alerting_setup_orchestrator_job.id}",
        );
      },
      'error run-job-cycle [dev]: jobs run each other: "alerting_setup_orchestrator_job" -> "alerting_setup_orchestrator_job"',
    ],
    [
      "two resources of one name",
      ({ seed }) => {
        new Job(seed.cdktfStack, "alerting_copy_job", {}).overrideLogicalId(seed.friendlyUniqueId);
      },
      'error job-key [dev]: 2 jobs of stack "alerting-dev" have the resource name "alerting_seed_job"',
    ],
  ])("also catches %s", (_what, breakIt, expected) => {
    const outdir = tempFolder();
    synthesizeOnce(outdir);
    const message = messageOf(() => {
      synthesize(outdir, breakIt);
    });
    expect(message.split("\n").filter((line) => line.startsWith("error"))).toEqual([expected]);
    expect(plannable(outdir)).toEqual([]);
  });
});
