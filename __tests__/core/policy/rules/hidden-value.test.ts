import { hiddenValue } from "../../../../src/core/policy/rules/hidden-value";
import { check, jobSpec, notebookTask, task } from "../../../support/policy";

const PARAMETERS = [{ name: "catalog", default: "main" }];
const withValue = (value: string, parameters = PARAMETERS) =>
  jobSpec("seed", {
    parameters,
    tasks: [notebookTask("load", "load.py", { parameters: { catalog: value } })],
  });

test.each([
  ["the same value", withValue("main")],
  ["the parameter of the job", withValue("{{job.parameters.catalog}}")],
  ["an expression", withValue("${var.catalog}")],
  ["another parameter", withValue("staging", [{ name: "schema", default: "gold" }])],
  [
    "what a Run Job task passes on",
    jobSpec("flow", {
      parameters: PARAMETERS,
      tasks: [task("run", { types: ["run_job_task"], parameters: { catalog: "staging" } })],
    }),
  ],
])("allows %s in base_parameters", (_, job) => {
  expect(check(hiddenValue, [job])).toEqual([]);
});

const silent = { settings: { notification_settings: { alert_on_last_attempt: true } } };
const MAIL = [{ event: "on_failure", channel: "email", count: 1 }] as const;

test("reports settings of notifications where there is no notification", () => {
  const jobs = [
    jobSpec("seed", { ...silent, tasks: [task("load", silent)] }),
    jobSpec("told", {
      ...silent,
      notifications: MAIL,
      tasks: [
        task("load", { ...silent, notifications: MAIL }),
        task("variable", { ...silent, unknown: new Set(["email_notifications"]) }),
        task("default", { settings: { notification_settings: { alert_on_last_attempt: false } } }),
      ],
    }),
  ];
  expect(check(hiddenValue, jobs).map(({ message }) => message)).toEqual([
    'alert_on_last_attempt of job "seed" has no effect because it has no notifications of its own',
    'alert_on_last_attempt of task "load" of job "seed" has no effect because it has no notifications of its own',
  ]);
});

test("reports a value of base_parameters that a job parameter overrides", () => {
  expect(check(hiddenValue, [withValue("staging")])).toMatchObject([
    {
      message:
        'base_parameters of task "load" set "catalog", which the parameter of job "seed" with that name overrides',
      fix: "remove it from base_parameters, or rename one of the two",
    },
  ]);
});

test.each([
  [
    "a timeout of a task that the job's ends before",
    jobSpec("seed", { timeoutSeconds: 600, tasks: [task("load", { timeoutSeconds: 900 })] }),
    'task "load" may take 900 seconds, but job "seed" ends after 600',
  ],
  [
    "run_if of a task that depends on nothing",
    jobSpec("seed", { tasks: [task("load", { runIf: "ALL_DONE" })] }),
    'run_if "ALL_DONE" of task "load" has no effect because the task depends on no other',
  ],
  [
    "a job cluster that no task names",
    jobSpec("seed", {
      jobClusterKeys: ["main", "large"],
      tasks: [task("load", { jobClusterKey: "main" })],
    }),
    'no task of job "seed" runs on its job cluster "large"',
  ],
])("reports %s", (_, job, message) => {
  expect(check(hiddenValue, [job])).toMatchObject([{ message }]);
});

test.each([
  [
    "a timeout of a job without one",
    jobSpec("seed", { tasks: [task("a", { timeoutSeconds: 9 })] }),
  ],
  [
    "the job's timeout for its only task",
    jobSpec("seed", { timeoutSeconds: 600, tasks: [task("a", { timeoutSeconds: 600 })] }),
  ],
  [
    "run_if after another task",
    jobSpec("seed", { tasks: [task("a"), task("b", { dependsOn: ["a"], runIf: "ALL_DONE" })] }),
  ],
  [
    "run_if whose depends_on only the plan knows",
    jobSpec("seed", {
      tasks: [task("a", { runIf: "ALL_DONE", unknown: new Set(["depends_on"]) })],
    }),
  ],
  [
    "a job cluster of the task of a for-each",
    jobSpec("seed", {
      jobClusterKeys: ["main"],
      tasks: [task("each", { forEach: task("one", { jobClusterKey: "main" }) })],
    }),
  ],
  [
    "a job cluster whose key is an expression",
    jobSpec("seed", { jobClusterKeys: ["${var.cluster}"], tasks: [task("a")] }),
  ],
])("allows %s", (_, job) => {
  expect(check(hiddenValue, [job])).toEqual([]);
});
