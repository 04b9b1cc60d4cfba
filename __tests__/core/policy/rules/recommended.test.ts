import {
  JobGraph,
  type JobSpec,
  type NotebookWidgets,
  RULES,
  type TaskSpec,
} from "@jobstrata/cdktf";
import type { BundleTarget } from "../../../../src/core/model/job-graph";
import { targetMode } from "../../../../src/core/policy/rules/target-mode";
import {
  atomicSpec,
  compositeSpec,
  jobSpec,
  notebookTask,
  runJobTask,
  task,
} from "../../../support/policy";

interface Options {
  readonly environment?: string;
  readonly [option: string]: unknown;
}

const KEY = "alerting_seed_job";

function messages(
  name: string,
  jobs: readonly JobSpec[],
  { environment = "dev", ...options }: Options = {},
): string[] {
  const rule = RULES.find((each) => each.name === name);
  if (rule === undefined) throw new Error(`there is no rule ${name}`);
  return Array.from(rule.check(new JobGraph(environment, jobs), options), ({ message }) => message);
}

const seed = (spec: Partial<JobSpec> = {}): JobSpec => atomicSpec(KEY, "seed.py", spec);
const setup = (spec: Partial<JobSpec> = {}): JobSpec =>
  compositeSpec("alerting_setup", [KEY], spec);
const withTask = (spec: Partial<TaskSpec>): JobSpec =>
  seed({ tasks: [notebookTask("seed", "seed.py", spec)] });

function withWidgets(
  widgets: Partial<NotebookWidgets>,
  parameters: Record<string, string> = {},
  spec: Partial<JobSpec> = {},
): JobSpec {
  const file = { exists: true, widgets: { reads: [], declares: [], open: false, ...widgets } };
  return seed({
    ...spec,
    tasks: [
      notebookTask("seed", "seed.py", {
        notebook: { identity: "file:/app/seed.py", label: "seed.py", file },
        parameters,
      }),
    ],
  });
}

const UNREAD = 'parameter "catlog" is read by no widget of notebook "seed.py"';

describe("good practice", () => {
  test.each<[rule: string, what: string, jobs: JobSpec[], options?: Options]>([
    ["layer-tag", "a layer", [seed({ tags: { layer: "alerting" } })]],
    [
      "purpose-tag",
      "a purpose, and a composite without",
      [seed({ tags: { job_level: "atomic", purpose: "seed" } }), setup()],
    ],
    [
      "orchestrator-tag",
      "the tag, and an atomic job without",
      [seed(), setup({ tags: { job_level: "composite", orchestrator: "true" } })],
    ],
    ["name-prefix", "the environment", [seed({ name: "[dev] Seed" })]],
    ["name-prefix", "development mode", [seed({ name: "[dev maria] Seed" })]],
    ["name-prefix", "an expression", [seed({ name: "[${bundle.target}] Seed" })]],
    ["name-prefix", "no environment at all", [seed({ name: "Seed" })], { environment: "default" }],
    ["environment-version", "4", [seed({ environments: [{ key: "default", version: "4" }] })]],
    [
      "environment-version",
      "what is configured",
      [seed({ environments: [{ key: "default", version: "5" }] })],
      { version: "5" },
    ],
    [
      "environment-version",
      "what is configured as a number",
      [seed({ environments: [{ key: "default", version: "5" }] })],
      { version: 5 },
    ],
    [
      "undeclared-parameter",
      "a declared one",
      [
        seed({ parameters: [{ name: "catalog" }] }),
        setup({ tasks: [runJobTask("seed", KEY, { parameters: { catalog: "main" } })] }),
      ],
    ],
    [
      "undeclared-parameter",
      "a job whose parameters are not known",
      [
        seed({ unknown: new Set(["parameters"]) }),
        setup({ tasks: [runJobTask("seed", KEY, { parameters: { catalog: "main" } })] }),
      ],
    ],
    ["notebook-file", "a notebook in the workspace", [seed()]],
    [
      "notebook-widgets",
      "what is set, by task and by job",
      [
        withWidgets(
          { reads: ["catalog", "day"] },
          { catalog: "main" },
          { parameters: [{ name: "day" }] },
        ),
      ],
    ],
    [
      "notebook-widgets",
      "what has a default",
      [withWidgets({ reads: ["catalog"], declares: ["catalog"] })],
    ],
    [
      "unread-parameter",
      "any parameter where names are computed",
      [withWidgets({ open: true }, { catalog: "main" })],
    ],
    ["orphan-atomic", "a job that is run", [seed(), setup()]],
    ["orphan-atomic", "jobs before there is a composite", [seed()]],
    [
      "orphan-atomic",
      "a job with a schedule",
      [
        atomicSpec("alerting_tables_job", "t.py", {
          triggers: [{ kind: "schedule", paused: false }],
        }),
        seed(),
        setup(),
      ],
    ],
    ["serverless", "an environment", [seed()]],
    ["task-libraries", "none", [seed()]],
    ["python-file-task", "a notebook", [seed()]],
    ["run-as", "anybody in dev", [seed()]],
    [
      "run-as",
      "a service principal in prod",
      [seed({ runAs: { servicePrincipal: "a1b2" } })],
      { environment: "prod" },
    ],
    [
      "run-as",
      "anybody where the option says so",
      [seed()],
      { environment: "prod", environments: ["live"] },
    ],
    ["permissions", "some, and what cannot be known", [seed({ hasPermissions: true }), setup()]],
    ["retries", "one", [withTask({ maxRetries: 1, onCluster: true })]],
    ["retries", "serverless compute, which retries by itself", [withTask({})]],
    [
      "retries",
      "a continuous job, which restarts by itself",
      [
        seed({
          triggers: [{ kind: "continuous", paused: false }],
          tasks: [notebookTask("seed", "seed.py", { onCluster: true })],
        }),
      ],
    ],
    [
      "failure-notifications",
      "a job that only one runs which notifies",
      [seed(), setup({ notifications: [{ event: "on_failure", channel: "email", count: 1 }] })],
    ],
    [
      "unread-parameter",
      "a parameter of the job that is passed on under another name",
      [
        withWidgets(
          { reads: ["environment"] },
          { environment: "{{job.parameters.env}}" },
          { parameters: [{ name: "env" }] },
        ),
      ],
    ],
    ["environment-version", "a later one", [seed({ environments: [{ key: "d", version: "5" }] })]],
    [
      "serverless",
      "a continuous job",
      [
        seed({
          triggers: [{ kind: "continuous", paused: false }],
          tasks: [notebookTask("seed", "seed.py", { onCluster: true })],
        }),
      ],
    ],
    [
      "retries",
      "a number not known yet",
      [withTask({ unknown: new Set(["max_retries"]), onCluster: true })],
    ],
    ["timeout", "one not known yet", [withTask({ unknown: new Set(["timeout_seconds"]) })]],
    ["layer-tag", "tags not known yet", [seed({ unknown: new Set(["tags"]) })]],
    ["purpose-tag", "tags not known yet", [seed({ unknown: new Set(["tags"]) })]],
    [
      "orphan-atomic",
      "jobs whose tasks are not known yet",
      [seed(), setup({ tasks: [], unknown: new Set(["tasks"]) })],
    ],
    ["timeout", "of the job", [seed({ timeoutSeconds: 60 })]],
    ["timeout", "of each task", [withTask({ timeoutSeconds: 60 })]],
    [
      "failure-notifications",
      "an address",
      [seed({ notifications: [{ event: "on_failure", channel: "email", count: 1 }] })],
    ],
    ["schedule-paused", "a paused one", [seed({ triggers: [{ kind: "schedule", paused: true }] })]],
    [
      "schedule-paused",
      "any in prod",
      [seed({ triggers: [{ kind: "schedule", paused: false }] })],
      { environment: "prod" },
    ],
  ])("%s accepts %s", (...[rule, , jobs, options]) => {
    expect(messages(rule, jobs, options)).toEqual([]);
  });

  test.each<[rule: string, what: string, jobs: JobSpec[], expected: string[], options?: Options]>([
    ["layer-tag", "none", [seed()], [`job "${KEY}" has no tag layer`]],
    ["purpose-tag", "none", [seed()], [`job "${KEY}" has no tag purpose`]],
    [
      "orchestrator-tag",
      "none, and another value",
      [
        seed(),
        setup(),
        jobSpec("platform_setup", { tags: { job_level: "orchestrator", orchestrator: "yes" } }),
      ],
      [
        'job "alerting_setup" has no tag orchestrator "true"',
        'job "platform_setup" has no tag orchestrator "true"',
      ],
    ],
    [
      "name-prefix",
      "another environment",
      [seed({ name: "[prod] Seed" })],
      [`the name "[prod] Seed" of job "${KEY}" does not begin with its environment`],
    ],
    [
      "name-prefix",
      "dev in another environment",
      [seed({ name: "[dev] Seed" })],
      [`the name "[dev] Seed" of job "${KEY}" does not begin with its environment`],
      { environment: "prod" },
    ],
    [
      "environment-version",
      "another, and none",
      [seed({ environments: [{ key: "default", version: "1" }, { key: "ml" }] })],
      [
        `environment "default" of job "${KEY}" has environment_version "1"`,
        `environment "ml" of job "${KEY}" has no environment_version`,
      ],
    ],
    [
      "undeclared-parameter",
      "a slip",
      [
        seed({ parameters: [{ name: "catalog" }] }),
        setup({ tasks: [runJobTask("seed", KEY, { parameters: { catlog: "main" } })] }),
      ],
      [`task "seed" passes parameter "catlog" to job "${KEY}", which does not declare it`],
    ],
    [
      "notebook-file",
      "a file that is not there",
      [withTask({ notebook: { identity: "file:/x", label: "sed.py", file: { exists: false } } })],
      ['notebook "sed.py" does not exist'],
    ],
    [
      "notebook-widgets",
      "a slip",
      [withWidgets({ reads: ["catalog"] }, { catlog: "main" })],
      ['notebook "seed.py" reads the widget "catalog", which no parameter sets'],
    ],
    [
      "unread-parameter",
      "a slip",
      [withWidgets({ reads: ["catalog"] }, { catlog: "main" })],
      [UNREAD],
    ],
    [
      "unread-parameter",
      "a parameter of the job that nothing reads",
      [withWidgets({}, {}, { parameters: [{ name: "catlog" }] })],
      [UNREAD],
    ],
    [
      "orphan-atomic",
      "one that is forgotten",
      [seed(), setup(), atomicSpec("alerting_tables_job")],
      ['no job of this environment runs atomic job "alerting_tables_job", and nothing triggers it'],
    ],
    [
      "serverless",
      "a cluster",
      [withTask({ onCluster: true })],
      [`task "seed" of job "${KEY}" runs its notebook on a cluster`],
    ],
    [
      "task-libraries",
      "one",
      [withTask({ libraries: 1 })],
      [`task "seed" of job "${KEY}" has libraries of its own`],
    ],
    [
      "python-file-task",
      "a file",
      [seed({ tasks: [task("seed", { types: ["spark_python_task"] })] })],
      [`task "seed" of job "${KEY}" runs a Python file`],
    ],
    [
      "run-as",
      "nobody in staging",
      [seed()],
      [`job "${KEY}" does not run as a service principal`],
      { environment: "staging_eu" },
    ],
    [
      "run-as",
      "a user in prod",
      [seed({ runAs: { user: "maria@example.com" } })],
      [`job "${KEY}" does not run as a service principal`],
      { environment: "prod" },
    ],
    [
      "permissions",
      "none",
      [seed({ hasPermissions: false })],
      [`job "${KEY}" gives access to nobody but its owner`],
    ],
    [
      "retries",
      "none on a cluster",
      [withTask({ onCluster: true })],
      [`task "seed" of job "${KEY}" is not retried when it fails`],
    ],
    [
      "retries",
      "none on serverless compute that is told not to retry",
      [withTask({ settings: { disable_auto_optimization: true } })],
      [`task "seed" of job "${KEY}" is not retried when it fails`],
    ],
    ["timeout", "none", [withTask({ timeoutSeconds: 0 })], [`job "${KEY}" has no timeout`]],
    [
      "failure-notifications",
      "other events",
      [seed({ notifications: [{ event: "on_start", channel: "email", count: 1 }] })],
      [`job "${KEY}" notifies nobody when it fails`],
    ],
    [
      "schedule-paused",
      "a running one in dev",
      [seed({ triggers: [{ kind: "continuous", paused: false }] })],
      [`the continuous trigger of job "${KEY}" is not paused in "dev"`],
    ],
  ])("%s rejects %s", (...[rule, , jobs, expected, options]) => {
    expect(messages(rule, jobs, options)).toEqual(expected);
  });

  test("is a matter of warnings", () => {
    const severities = RULES.filter(({ preset }) => preset === "governance").map(
      ({ severity }) => severity,
    );
    expect(severities).toHaveLength(16);
    expect(new Set(severities)).toEqual(new Set(["warning"]));
  });
});

describe("target-mode", () => {
  const found = (target?: BundleTarget): string[] =>
    Array.from(
      targetMode.check(new JobGraph("dev", [seed()], target), {}),
      ({ message }) => message,
    );

  test.each([undefined, { mode: "development" }, { mode: "production" }, { mode: "${var.mode}" }])(
    "accepts %j",
    (target) => {
      expect(found(target)).toEqual([]);
    },
  );

  test("rejects a target of a bundle without a mode, or with another", () => {
    expect(found({})).toEqual(['target "dev" has no mode']);
    expect(found({ mode: "test" })).toEqual(['target "dev" has mode "test"']);
  });
});
