import {
  App,
  AtomicJob,
  type AtomicJobProps,
  CompositeJob,
  fromJobId,
  JobCompute,
  JobEnvironment,
  JobLayer,
  JobStack,
  JobstrataError,
  JobTrigger,
  NotebookSource,
} from "@jobstrata/cdktf";
import { TerraformVariable } from "cdktf";
import { freshFolder } from "../support/synth";

interface Place {
  readonly app: App;
  /** Of an environment that has the variable `catalog` and the list `regions`. */
  readonly stack: JobStack;
  readonly layer: JobLayer;
  readonly seed: AtomicJob;
}

type Mistake = [what: string, action: (place: Place) => unknown, message: string];

const notebook = NotebookSource.fromWorkspace("/Shared/seed");
const JOB = "[alerting-dev/seed_job] ";
const CLUSTER = { sparkVersion: "16.4.x-scala2.12", nodeTypeId: "i3.xlarge" };

function job(stack: JobStack, props: Partial<AtomicJobProps>): AtomicJob {
  return new AtomicJob(stack, "seed_job", { notebook, purpose: "seed", ...props });
}

/** Sets what no prop reaches, as people do it. */
function override(construct: AtomicJob | CompositeJob, path: string, value: unknown): void {
  (
    construct.node.defaultChild as unknown as { addOverride(path: string, value: unknown): void }
  ).addOverride(path, value);
}

const undeclared = (name: string, meant = ""): string =>
  `"\${var.${name}}" refers to the variable "${name}"${meant}, which environment "dev" does not declare`;

/** What the compiler lets through. */
const IN_TYPESCRIPT: Mistake[] = [
  [
    "a parameter with an undeclared variable",
    ({ stack }) => job(stack, { parameters: { c: "${var.catlog}" } }),
    JOB + undeclared("catlog", ' (did you mean "catalog"?)'),
  ],
  [
    "a tag with one",
    ({ stack }) => job(stack, { tags: { team: "${var.team}" } }),
    JOB + undeclared("team"),
  ],
  [
    "one in the midst of an expression",
    ({ stack }) =>
      job(stack, { description: 'For ${upper("var.x")} ${join("-", [var.catalog, var.team])}' }),
    JOB + undeclared("team"),
  ],
  [
    "one in the path of a notebook",
    ({ stack }) => job(stack, { notebook: NotebookSource.fromWorkspace("${var.root}/seed") }),
    JOB + undeclared("root"),
  ],
  [
    "one in a cluster",
    ({ stack }) =>
      job(stack, {
        compute: JobCompute.jobCluster({ ...CLUSTER, numWorkers: 1, policyId: "${var.policy}" }),
      }),
    JOB + undeclared("policy"),
  ],
  [
    "one in a schedule",
    ({ stack }) =>
      job(stack, { trigger: JobTrigger.schedule({ quartzCronExpression: "${var.cron}" }) }),
    JOB + undeclared("cron"),
  ],
  [
    "one in a job parameter of a task",
    ({ stack }) =>
      new CompositeJob(stack, "setup_job", { purpose: "setup" }).addRunJobTask(
        "seed",
        fromJobId(stack, "theirs", 42),
        {
          jobParameters: { c: "${var.catlog}" },
        },
      ),
    "[alerting-dev/setup_job] " + undeclared("catlog", ' (did you mean "catalog"?)'),
  ],
  [
    "one in an override",
    ({ stack }) => {
      override(job(stack, {}), "description", "${var.team}");
    },
    `${JOB}the override "description" refers to the variable "team"`,
  ],
  [
    "one as the id of a job that others own",
    ({ stack }) => fromJobId(stack, "theirs", "${var.job_id}"),
    "[alerting-dev/theirs] " + undeclared("job_id"),
  ],
  [
    "one in the defaults of an environment",
    () =>
      new JobEnvironment({
        name: "dev",
        mode: "development",
        defaults: { atomic: { emailNotifications: { onFailure: ["${var.oncall}"] } } },
      }),
    'environment "dev" has no variable "oncall"',
  ],
  [
    "an argument that databricks_job does not have",
    ({ stack }) => {
      override(job(stack, {}), "performance_targt", "STANDARD");
    },
    `${JOB}the override "performance_targt" sets "performance_targt" (did you mean "performance_target"?), which databricks_job does not have`,
  ],
  [
    "one deep in a task",
    ({ stack }) => {
      override(job(stack, {}), "task.0.notebook_task.warehouse", "1");
    },
    `${JOB}the override "task.0.notebook_task.warehouse" sets "warehouse" (did you mean`,
  ],
  [
    "one in a task by its key",
    ({ stack }) => {
      job(stack, {}).addTaskOverride("seed", "notebok_task.source", "GIT");
    },
    `${JOB}the override "notebok_task.source" sets "notebok_task" (did you mean "notebook_task"?)`,
  ],
  [
    "an hour that there is not",
    ({ stack }) =>
      job(stack, { trigger: JobTrigger.schedule({ quartzCronExpression: "0 0 25 * * ?" }) }),
    'schedule: quartzCronExpression "0 0 25 * * ?" is not a Quartz expression',
  ],
  [
    "a day of month and a day of week",
    () => JobTrigger.schedule({ quartzCronExpression: "0 0 2 * * *" }),
    'schedule: quartzCronExpression "0 0 2 * * *" must have "?" as day of month or as day of week',
  ],
  [
    "a Unix cron expression",
    () => JobTrigger.schedule({ quartzCronExpression: "0 6 * * *" }),
    'schedule: quartzCronExpression "0 6 * * *" has 5 fields',
  ],
  [
    "a time zone that there is not",
    () =>
      JobTrigger.schedule({ quartzCronExpression: "0 0 2 * * ?", timezoneId: "Europe/Berlinn" }),
    'schedule: timezoneId "Europe/Berlinn" (did you mean "Europe/Berlin"?) is not a time zone',
  ],
  [
    "a folder without its slash",
    () => JobTrigger.fileArrival({ url: "s3://health/landing" }),
    'file arrival trigger: url "s3://health/landing" must end with a slash: "s3://health/landing/"',
  ],
  [
    "a folder that is in no storage",
    () => JobTrigger.fileArrival({ url: "landing/" }),
    'file arrival trigger: url "landing/" must be a cloud storage URL',
  ],
  [
    "a pause that is too short",
    () => JobTrigger.fileArrival({ url: "s3://health/landing/", waitAfterLastChangeSeconds: 5 }),
    "file arrival trigger: waitAfterLastChangeSeconds is 5; it must be a whole number, 60 or more",
  ],
  [
    "tables that are none",
    () => JobTrigger.tableUpdate({ tableNames: [] }),
    "table update trigger: tableNames is an empty list",
  ],
  [
    "a cluster without nodes",
    () => JobCompute.jobCluster({ sparkVersion: "16.4.x-scala2.12", numWorkers: 1 }),
    "job cluster: it has no nodes; give nodeTypeId, instancePoolId or policyId",
  ],
  [
    "a cluster without a size",
    () => JobCompute.jobCluster(CLUSTER),
    "job cluster: it has no size; give numWorkers, autoscale or isSingleNode",
  ],
  [
    "a cluster with two sizes",
    () =>
      JobCompute.jobCluster({
        ...CLUSTER,
        numWorkers: 1,
        autoscale: { minWorkers: 1, maxWorkers: 2 },
      }),
    "job cluster: it has numWorkers and autoscale; give one of them",
  ],
  [
    "a cluster that shrinks",
    () => JobCompute.jobCluster({ ...CLUSTER, autoscale: { minWorkers: 3, maxWorkers: 2 } }),
    "job cluster: autoscale.minWorkers 3 is more than maxWorkers 2",
  ],
  [
    "a notebook on a cluster and on a warehouse",
    ({ stack }) => job(stack, { compute: JobCompute.serverless(), warehouseId: "1" }),
    `${JOB}it has compute and warehouseId`,
  ],
  [
    "a git notebook with an extension",
    () =>
      NotebookSource.fromGit({
        url: "https://github.com/health/alerting",
        provider: "gitHub",
        path: "src/seed.py",
        branch: "main",
      }),
    'git notebook "src/seed.py" must have no extension: "src/seed"',
  ],
  [
    "a layer twice",
    ({ app, stack }) =>
      new JobLayer(app, "alerting", { environment: stack.environment, singleStack: true }),
    '[alerting-dev] the stack name "alerting-dev" is taken; make each layer once in an environment',
  ],
  [
    "an empty name",
    ({ stack }) => job(stack, { name: " " }),
    `${JOB}name is " "; it must be text that is not empty`,
  ],
  [
    "half a second of pause",
    ({ stack }) => job(stack, { minRetryIntervalMillis: 0.5 }),
    `${JOB}minRetryIntervalMillis is 0.5; it must be a whole number, 0 or more`,
  ],
];

const IN_JAVASCRIPT = jest.requireActual<Mistake[]>("./mistakes-in-javascript.js");

function place(): Place {
  const app = new App({ outdir: freshFolder() });
  const environment = new JobEnvironment({
    name: "dev",
    mode: "development",
    variables: { catalog: "dev", regions: ["emea"] },
  });
  const layer = new JobLayer(app, "alerting", { environment, singleStack: true });
  const stack = layer.atomic;
  const seed = new AtomicJob(stack, "right_job", { purpose: "seed", notebook });
  return { app, stack, layer, seed };
}

describe.each([
  ["TypeScript", IN_TYPESCRIPT, "mistakes.test.ts"],
  ["JavaScript", IN_JAVASCRIPT, "mistakes-in-javascript.js"],
] as const)("a mistake in %s is told where it was made:", (_language, mistakes, file) => {
  test.each([...mistakes])("%s", (_what, action, message) => {
    let thrown: unknown;
    const given = place();
    try {
      action(given);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(JobstrataError);
    const error = thrown as JobstrataError;
    expect(error.message.slice(0, message.length)).toBe(message);
    expect(error.message).toMatch(new RegExp(String.raw`\(__tests__/constructs/${file}:\d+\)$`));
  });
});

test("there are more than 40 of them", () => {
  expect(IN_TYPESCRIPT.length + IN_JAVASCRIPT.length).toBeGreaterThan(40);
});

test("calls that look like mistakes but are valid", () => {
  const { stack } = place();
  new TerraformVariable(stack, "team", { type: "string" });
  const right = job(stack, {
    description: '${var.team} $${var.escaped} ${upper("var.text")} of local.var.x',
    parameters: {
      catalog: stack.environment.variable("catalog"),
      regions: stack.environment.variable("regions"),
    },
    timeoutSeconds: undefined,
  });
  for (const path of [
    "tags.team",
    "task.0.new_cluster.spark_conf.spark\\.speculation",
    "lifecycle.prevent_destroy",
    "job_cluster.0.new_cluster.init_scripts.0.s3.region",
    "trigger.table_update.table_names",
    "//.comment",
  ])
    override(right, path, "x");
  for (const [quartzCronExpression, timezoneId] of [
    ["0 0 6 * * ?", "Europe/Berlin"],
    ["0 0/5 9-17 ? * MON-FRI", "UTC"],
    ["0 15 10 L * ? 2026-2030", "GMT+02:00"],
    ["0 15 10 ? * 6#3", "America/New_York"],
    ["0 0 12 LW * ?", "Asia/Kolkata"],
  ] as const)
    JobTrigger.schedule({ quartzCronExpression, timezoneId });
  for (const url of [
    "s3://b/f/",
    "abfss://c@a.dfs.core.windows.net/f/",
    "gs://b/",
    "/Volumes/c/s/v/",
    "${var.landing}",
  ])
    JobTrigger.fileArrival({ url });
});
