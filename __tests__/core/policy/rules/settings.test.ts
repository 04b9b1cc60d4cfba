import type { EnvironmentSpec, JobSpec, TaskSpec } from "../../../../src/core/model/job-spec";
import type { Settings } from "../../../../src/core/model/settings";
import { RULES } from "../../../../src/core/policy/rules";
import { check, jobSpec, notebookTask, task } from "../../../support/policy";

const job = (settings: Settings, spec: Partial<JobSpec> = {}): JobSpec =>
  jobSpec("nightly", {
    settings,
    ...("git_source" in settings && { hasGitSource: true }),
    ...spec,
  });
const holding = (type: string, settings: Settings, spec: Partial<TaskSpec> = {}): JobSpec =>
  jobSpec("nightly", { tasks: [task("t", { types: [type], settings, ...spec })] });
const schedule = (cron: string): JobSpec =>
  job(
    { schedule: { quartz_cron_expression: cron } },
    { triggers: [{ kind: "schedule", paused: false }] },
  );
const continuous = (...tasks: TaskSpec[]): JobSpec =>
  jobSpec("stream", { tasks, triggers: [{ kind: "continuous", paused: false }] });

const environments = (count: number): EnvironmentSpec[] =>
  Array.from({ length: count }, (_, at) => ({ key: `e${at}` }));
const clusters = (count: number): string[] => Array.from({ length: count }, (_, at) => `c${at}`);

const found = (name: string, spec: JobSpec): string[] => {
  const rule = RULES.find((each) => each.name === name);
  if (rule === undefined) throw new Error(`there is no rule ${name}`);
  expect(rule).toMatchObject({ severity: "error", preset: "correctness" });
  return check(rule, [spec]).map(({ message, fix }) => `${message}; ${fix}`);
};

test.each<[rule: string, what: string, spec: JobSpec]>([
  ["allowed-values", "nothing", job({})],
  [
    "allowed-values",
    "known values",
    job({ schedule: { pause_status: "PAUSED" }, performance_target: "STANDARD" }),
  ],
  ["allowed-values", "an expression", job({ performance_target: "${var.target}" })],
  [
    "allowed-values",
    "a git provider in any case",
    job({ git_source: { git_url: "u", git_branch: "main", git_provider: "github" } }),
  ],
  ["schedule-expression", "six fields", schedule("0 0 6 * * ?")],
  ["schedule-expression", "seven fields", schedule("0 15 10 ? * 6L 2026-2030")],
  ["schedule-expression", "an expression", schedule("${var.cron}")],
  ["exclusive-settings", "a branch", job({ git_source: { git_url: "u", git_branch: "main" } })],
  ["exclusive-settings", "a file", holding("sql_task", { sql_task: { file: { path: "q.sql" } } })],
  [
    "setting-limits",
    "a minute",
    job(
      { trigger: { file_arrival: { url: "u", min_time_between_triggers_seconds: 60 } } },
      { triggers: [{ kind: "trigger", paused: false }] },
    ),
  ],
  [
    "setting-limits",
    "ten environments and a hundred job clusters",
    job({}, { environments: environments(10), jobClusterKeys: clusters(100) }),
  ],
  [
    "setting-limits",
    "dbt commands",
    holding("dbt_task", { dbt_task: { commands: ["dbt deps", "dbt run"] } }),
  ],
  ["setting-limits", "retries without end", holding("notebook_task", {}, { maxRetries: -1 })],
  ["continuous-job", "one task", continuous(notebookTask("t", "t.py", { maxRetries: 0 }))],
  [
    "serverless-libraries",
    "libraries on a cluster",
    holding("notebook_task", {}, { libraries: 1, environmentKey: "d", onCluster: true }),
  ],
  ["serverless-libraries", "an environment", holding("notebook_task", {}, { environmentKey: "d" })],
])("%s accepts %s", (rule, _, spec) => {
  expect(found(rule, spec)).toEqual([]);
});

test.each<[rule: string, what: string, spec: JobSpec, expected: string[]]>([
  [
    "allowed-values",
    "a slip in the job, a rule of health and a cluster",
    job({
      continuous: { pause_status: "paused" },
      health: { rules: [{ metric: "RUN_DURATION", op: "GREATER_THAN", value: 1 }] },
      job_clusters: [{ new_cluster: { data_security_mode: "SINGLE-USER" } }],
    }),
    [
      'job "nightly" has continuous.pause_status "paused"; did you mean "PAUSED"?',
      'job "nightly" has health.rules.metric "RUN_DURATION"; write one of RUN_DURATION_SECONDS, STREAMING_BACKLOG_BYTES, STREAMING_BACKLOG_FILES, STREAMING_BACKLOG_RECORDS, STREAMING_BACKLOG_SECONDS',
      'job "nightly" has data_security_mode "SINGLE-USER"; did you mean "SINGLE_USER"?',
    ],
  ],
  [
    "allowed-values",
    "an operator that there is not",
    holding("condition_task", { condition_task: { op: "EQUALS", left: "1", right: "1" } }),
    [
      'task "t" has condition_task.op "EQUALS"; write one of EQUAL_TO, NOT_EQUAL, GREATER_THAN, GREATER_THAN_OR_EQUAL, LESS_THAN, LESS_THAN_OR_EQUAL',
    ],
  ],
  [
    "allowed-values",
    "a git provider that there is not",
    job({ git_source: { git_url: "u", git_branch: "main", git_provider: "git_hub" } }),
    ['job "nightly" has git_source.git_provider "git_hub"; did you mean "gitHub"?'],
  ],
  [
    "schedule-expression",
    "the five fields of Unix cron",
    schedule("0 6 * * *"),
    [
      'the schedule of job "nightly" is "0 6 * * *", which has 5 fields, not six or seven; write "0 0 6 * * ?"',
    ],
  ],
  [
    "schedule-expression",
    "a day of the week of Unix cron, which counts otherwise",
    schedule("0 6 * * 1"),
    [
      'the schedule of job "nightly" is "0 6 * * 1", which has 5 fields, not six or seven; write seconds, minutes, hours, day of the month, month and day of the week, one of the days as ?',
    ],
  ],
  [
    "schedule-expression",
    "no ?",
    schedule("0 0 6 * * *"),
    [
      'the schedule of job "nightly" is "0 0 6 * * *", which names both a day of the month and a day of the week; write "0 0 6 * * ?"',
    ],
  ],
  [
    "schedule-expression",
    "two of them",
    schedule("0 0 6 ? * ?"),
    [
      'the schedule of job "nightly" is "0 0 6 ? * ?", which has ? for both days; write "0 0 6 * * ?"',
    ],
  ],
  [
    "exclusive-settings",
    "a branch and a tag",
    job({ git_source: { git_url: "u", git_branch: "main", git_tag: "v1" } }),
    ['the git_source of job "nightly" has both git_branch and git_tag; keep one of them'],
  ],
  [
    "exclusive-settings",
    "neither",
    job({ git_source: { git_url: "u" } }),
    [
      'the git_source of job "nightly" has no branch, tag or commit; set one of git_branch, git_tag, git_commit',
    ],
  ],
  [
    "exclusive-settings",
    "two principals",
    job({}, { runAs: { user: "a@example.com", servicePrincipal: "b" } }),
    ['job "nightly" has both user_name and service_principal_name in run_as; keep one of them'],
  ],
  [
    "exclusive-settings",
    "a sql_task with nothing to run",
    holding("sql_task", { sql_task: { warehouse_id: "w" } }),
    ['the sql_task of task "t" has nothing to run; give it one of query, file, alert, dashboard'],
  ],
  [
    "exclusive-settings",
    "two clusters",
    holding(
      "notebook_task",
      { job_cluster_key: "c", existing_cluster_id: "1" },
      { onCluster: true },
    ),
    ['task "t" names several clusters: job_cluster_key and existing_cluster_id; keep one of them'],
  ],
  [
    "setting-limits",
    "a short interval",
    job(
      { trigger: { file_arrival: { url: "u", wait_after_last_change_seconds: 10 } } },
      { triggers: [{ kind: "trigger", paused: false }] },
    ),
    [
      'the trigger of job "nightly" has file_arrival.wait_after_last_change_seconds 10; choose 60 seconds or more',
    ],
  ],
  [
    "setting-limits",
    "more environments and job clusters",
    job({}, { environments: environments(11), jobClusterKeys: clusters(101) }),
    [
      'job "nightly" has 11 environments; keep 10 of them, or split the job',
      'job "nightly" has 101 job clusters; keep 100 of them, or split the job',
    ],
  ],
  [
    "setting-limits",
    "a command without dbt, and more than ten",
    holding("dbt_task", { dbt_task: { commands: ["run", ...Array<string>(10).fill("dbt test")] } }),
    [
      'task "t" has 11 dbt commands; keep 10, or split the task',
      'task "t" has the dbt command "run", which does not begin with dbt; write "dbt run"',
    ],
  ],
  [
    "setting-limits",
    "fewer than no retries",
    holding("notebook_task", {}, { maxRetries: -2 }),
    ['task "t" has max_retries -2; choose a whole number, or -1 for unlimited retries'],
  ],
  [
    "continuous-job",
    "retries and dependencies",
    continuous(
      notebookTask("a", "a.py", { maxRetries: 3 }),
      notebookTask("b", "b.py", { dependsOn: ["a"] }),
    ),
    [
      'continuous job "stream" has a retry policy: max_retries of task "a"; remove max_retries; continuous.task_retry_mode: ON_FAILURE retries tasks',
      'continuous job "stream" has task dependencies: depends_on of task "b"; keep one task in the continuous job, or use a schedule or trigger',
    ],
  ],
  [
    "serverless-libraries",
    "libraries beside an environment",
    holding("notebook_task", {}, { libraries: 1, environmentKey: "d" }),
    [
      'task "t" runs in environment "d" and has libraries; move them to the dependencies of environment "d"',
    ],
  ],
])("%s rejects %s", (rule, _, spec, expected) => {
  expect(found(rule, spec)).toEqual(expected);
});
