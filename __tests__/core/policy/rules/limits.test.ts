import {
  JobGraph,
  type JobSpec,
  type Rule,
  type RuleOptions,
  type TaskSpec,
} from "@jobstrata/cdktf";
import { environmentKey } from "../../../../src/core/policy/rules/environment-key";
import { forEach } from "../../../../src/core/policy/rules/for-each";
import { jobClusterKey } from "../../../../src/core/policy/rules/job-cluster-key";
import { jobName } from "../../../../src/core/policy/rules/job-name";
import { jobParameterName } from "../../../../src/core/policy/rules/job-parameter-name";
import { jobTags } from "../../../../src/core/policy/rules/job-tags";
import { jobTasks } from "../../../../src/core/policy/rules/job-tasks";
import { maxConcurrentRuns } from "../../../../src/core/policy/rules/max-concurrent-runs";
import { webhookNotifications } from "../../../../src/core/policy/rules/webhook-notifications";
import { check, jobSpec, notebookTask, runJobTask, task } from "../../../support/policy";

const KEY = "alerting_tables_job";
const ID = `alerting-dev/${KEY}`;
const job = (spec: Partial<JobSpec>): JobSpec => jobSpec(KEY, spec);

const LIMITS: readonly Rule[] = [
  jobTags,
  jobTasks,
  jobName,
  jobParameterName,
  maxConcurrentRuns,
  forEach,
  environmentKey,
  jobClusterKey,
  webhookNotifications,
];

test.each(LIMITS.map((rule) => [rule.name, rule] as const))(
  "%s is an error of the preset correctness and says nothing of a job with nothing set",
  (_, rule) => {
    expect(rule).toMatchObject({ severity: "error", preset: "correctness" });
    expect(check(rule, [job({})])).toEqual([]);
  },
);

describe("job-tags", () => {
  const tags = (count: number): Record<string, string> =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`tag${index}`, "alerting"]));
  const messages = (spec: JobSpec, options: RuleOptions = {}): string[] =>
    Array.from(jobTags.check(new JobGraph("dev", [spec]), options), ({ message }) => message);

  test("accepts 25 tags and rejects 26", () => {
    expect(check(jobTags, [job({ tags: tags(25) })])).toEqual([]);
    expect(check(jobTags, [job({ tags: tags(26) })])).toEqual([
      { message: `job "${KEY}" has 26 tags`, fix: "keep 25 of them", sites: [ID] },
    ]);
  });

  test.each([
    ["aws", 127, 255],
    ["azure", 512, 256],
    ["gcp", 63, 63],
    // What one cloud takes is not reported while nobody says which cloud it is.
    [undefined, 512, 256],
  ] as const)(
    "on %s keys have at most %d and values at most %d characters",
    (cloud, key, value) => {
      const options = cloud === undefined ? {} : { cloud };
      expect(messages(job({ tags: { ["k".repeat(key)]: "v".repeat(value) } }), options)).toEqual(
        [],
      );
      expect(messages(job({ tags: { ["k".repeat(key + 1)]: "alerting" } }), options)).toEqual([
        `tag "${"k".repeat(40)}" of job "${KEY}" has a key of ${key + 1} characters`,
      ]);
      expect(messages(job({ tags: { layer: "v".repeat(value + 1) } }), options)).toEqual([
        `tag "layer" of job "${KEY}" has a value of ${value + 1} characters`,
      ]);
    },
  );

  test("reports both lengths of a tag whose key and value are too long, with a fix", () => {
    const spec = job({ tags: { ["k".repeat(513)]: "v".repeat(257) } });
    expect(check(jobTags, [spec])).toEqual([
      {
        message: `tag "${"k".repeat(40)}" of job "${KEY}" has a key of 513 characters and a value of 257 characters`,
        fix: "keep keys at 512 and values at 256 characters",
        sites: [ID],
      },
    ]);
  });

  test("says nothing of a value that is an expression", () => {
    expect(messages(job({ tags: { layer: `\${var.${"l".repeat(300)}}` } }))).toEqual([]);
  });
});

describe("job-tasks", () => {
  const tasks = (count: number): TaskSpec[] =>
    Array.from({ length: count }, (_, index) => runJobTask(`seed_${index}`, "alerting_seed_job"));

  test("accepts 1000 tasks and rejects 1001", () => {
    expect(check(jobTasks, [job({ tasks: tasks(1000) })])).toEqual([]);
    expect(check(jobTasks, [job({ tasks: tasks(1001) })])).toEqual([
      {
        message: `job "${KEY}" has 1001 tasks`,
        fix: "keep it at 1000: split it and run its parts from a composite job",
        sites: [ID],
      },
    ]);
  });
});

describe("job-name", () => {
  test.each([
    ["a name of 4096 bytes", { name: "a".repeat(4096) }],
    ["a description of 27700 characters", { description: "a".repeat(27_700) }],
    ["a description of more bytes than characters", { description: "\u00e9".repeat(27_700) }],
  ])("accepts %s", (_, spec) => {
    expect(check(jobName, [job(spec)])).toEqual([]);
  });

  test.each([
    ["4097 bytes", "a".repeat(4097), 4097],
    ["2049 characters of two bytes each", "\u00e9".repeat(2049), 4098],
  ])("rejects a name of %s", (_, name, bytes) => {
    expect(check(jobName, [job({ name })])).toEqual([
      {
        message: `the name of job "${KEY}" has ${bytes} bytes`,
        fix: "keep it at 4096 bytes of UTF-8",
        sites: [ID],
      },
    ]);
  });

  test("rejects a description of 27701 characters", () => {
    expect(check(jobName, [job({ description: "a".repeat(27_701) })])).toEqual([
      {
        message: `the description of job "${KEY}" has 27701 characters`,
        fix: "keep it at 27700",
        sites: [ID],
      },
    ]);
  });
});

describe("job-parameter-name", () => {
  const parameters = (...names: string[]): JobSpec =>
    job({ parameters: names.map((name) => ({ name })) });

  test.each(["catalog", "gold_schema", "gold-schema", "gold.schema", "Schema2", "${var.name}"])(
    "accepts %s",
    (name) => {
      expect(check(jobParameterName, [parameters(name, "other")])).toEqual([]);
    },
  );

  test.each(["", "gold schema", "sch\u00e9ma", "gold/schema", "catalog\n"])(
    "rejects %j",
    (name) => {
      expect(check(jobParameterName, [parameters(name)])).toEqual([
        {
          message: `job "${KEY}" has a parameter with the name "${name.replace("\n", "\\u000a")}"`,
          fix: "use letters, digits, _, - and .",
          sites: [ID],
        },
      ]);
    },
  );

  test("rejects a name that several parameters have, once", () => {
    expect(check(jobParameterName, [parameters("catalog", "layer", "catalog", "catalog")])).toEqual(
      [
        {
          message: `job "${KEY}" has 3 parameters with the name "catalog"`,
          fix: "keep one of them",
          sites: [ID],
        },
      ],
    );
  });
});

describe("max-concurrent-runs", () => {
  test.each([0, 1, 1000])("accepts %d", (runs) => {
    expect(check(maxConcurrentRuns, [job({ maxConcurrentRuns: runs })])).toEqual([]);
  });

  test.each([-1, 1001, 1.5])("rejects %d", (runs) => {
    expect(check(maxConcurrentRuns, [job({ maxConcurrentRuns: runs })])).toEqual([
      {
        message: `job "${KEY}" has max_concurrent_runs ${runs}`,
        fix: "choose a whole number from 0 to 1000",
        sites: [ID],
      },
    ]);
  });
});

describe("for-each", () => {
  const loop = (spec: Partial<TaskSpec>): JobSpec =>
    job({ tasks: [task("for_each_alert", { types: ["for_each_task"], ...spec })] });
  const NAME = `for-each task "for_each_alert" of job "${KEY}"`;

  test.each([
    ["a notebook in it", { forEach: notebookTask("seed", "seed_all_alerts.py") }],
    ["a concurrency of 1", { forEachConcurrency: 1 }],
    ["a concurrency of 100", { forEachConcurrency: 100 }],
    ["inputs of 10000 characters", { forEachInputs: "1".repeat(10_000) }],
  ])("accepts %s", (_, spec) => {
    expect(check(forEach, [loop(spec)])).toEqual([]);
  });

  test.each([
    [
      "a loop in a loop",
      { forEach: task("for_each_rule", { types: ["for_each_task"] }) },
      `${NAME} contains another for-each task`,
      "run a job that contains the inner loop",
    ],
    ...[0, -1, 101, 1.5].map(
      (forEachConcurrency) =>
        [
          `a concurrency of ${forEachConcurrency}`,
          { forEachConcurrency },
          `${NAME} has a concurrency of ${forEachConcurrency}`,
          "choose a whole number from 1 to 100",
        ] as const,
    ),
    [
      "inputs of 10001 characters",
      { forEachInputs: "1".repeat(10_001) },
      `${NAME} has inputs of 10001 characters`,
      "keep them at 10000, or let a task before it set them as a task value",
    ],
  ] as const)("rejects %s", (_, spec, message, fix) => {
    expect(check(forEach, [loop(spec)])).toEqual([
      { message, fix, sites: [`${ID}#for_each_alert`] },
    ]);
  });
});

describe("environment-key", () => {
  const environments = (...keys: string[]): JobSpec =>
    job({ environments: keys.map((key) => ({ key })) });

  test("accepts keys that are different", () => {
    expect(check(environmentKey, [environments("default", "ml")])).toEqual([]);
  });

  test.each([
    [
      "a key that several have, once",
      ["default", "ml", "default", "default"],
      `job "${KEY}" has 3 environments with the key "default"`,
    ],
    ["an empty key", ["default", ""], `job "${KEY}" has an environment without environment_key`],
    ["two empty keys, once", ["", ""], `job "${KEY}" has an environment without environment_key`],
  ])("rejects %s", (_, keys, message) => {
    expect(check(environmentKey, [environments(...keys)])).toEqual([
      { message, fix: "give each environment a unique key", sites: [ID] },
    ]);
  });
});

describe("environment-key of tasks", () => {
  const environments = [{ key: "default" }, { key: "ml" }];
  const seed = (types: string, spec: Partial<TaskSpec> = {}): TaskSpec =>
    task("seed", { types: [types], ...spec });

  test.each([
    [
      "a key that the job has",
      job({ environments, tasks: [seed("dbt_task", { environmentKey: "ml" })] }),
    ],
    [
      "a key that is an expression",
      job({ environments, tasks: [seed("dbt_task", { environmentKey: "${var.key}" })] }),
    ],
    ["a wheel on a cluster", job({ tasks: [seed("python_wheel_task", { onCluster: true })] })],
    [
      "a key where nothing is known of the environments",
      job({
        unknown: new Set(["environments"]),
        tasks: [seed("dbt_task", { environmentKey: "ml" })],
      }),
    ],
    ["a notebook without a key", job({ tasks: [seed("notebook_task")] })],
    ["a job that is run", job({ tasks: [seed("run_job_task")] })],
  ])("accepts %s", (_, spec) => {
    expect(check(environmentKey, [spec])).toEqual([]);
  });

  test.each([
    ...["spark_python_task", "python_wheel_task", "dbt_task"].map(
      (type) =>
        [
          seed(type),
          `runs a ${type} with neither a cluster nor an environment_key`,
          'name one of "default", "ml"',
        ] as const,
    ),
    [
      seed("notebook_task", { environmentKey: "mll" }),
      'has environment_key "mll", which the job does not define',
      'did you mean "ml"?',
    ],
  ] as const)("rejects %j", (wrong, message, fix) => {
    expect(check(environmentKey, [job({ environments, tasks: [wrong] })])).toEqual([
      {
        message: `task "seed" of job "${KEY}" ${message}`,
        fix,
        sites: [`${ID}#seed`],
      },
    ]);
  });
});

describe("job-cluster-key", () => {
  const clusters = (keys: readonly string[] | undefined, used?: string): JobSpec =>
    job({
      ...(keys && { jobClusterKeys: keys }),
      tasks: [
        notebookTask("seed", "seed_all_alerts.py", {
          onCluster: true,
          ...(used !== undefined && { jobClusterKey: used }),
        }),
      ],
    });

  test.each([
    ["a cluster that the job has", clusters(["main", "ml"], "ml")],
    ["a cluster that no task names", clusters(["main"])],
    ["a task that names an expression", clusters(["main"], "${var.cluster}")],
    ["a cluster whose key is an expression", clusters(["${var.cluster}"], "main")],
  ])("accepts %s", (_, spec) => {
    expect(check(jobClusterKey, [spec])).toEqual([]);
  });

  test("rejects a key that several clusters have, once", () => {
    expect(check(jobClusterKey, [clusters(["main", "ml", "main"], "main")])).toEqual([
      {
        message: `job "${KEY}" has 2 job clusters with the key "main"`,
        fix: "give each a unique key",
        sites: [ID],
      },
    ]);
  });

  test.each([
    ["others", ["main", "ml"], 'did you mean "main"?'],
    ["none", undefined, "define a job cluster with that key in jobClusters"],
  ])("rejects a task that names a cluster where the job has %s", (_, keys, fix) => {
    expect(check(jobClusterKey, [clusters(keys, "mian")])).toEqual([
      {
        message: `task "seed" of job "${KEY}" runs on job cluster "mian", which the job does not define`,
        fix,
        sites: [`${ID}#seed`],
      },
    ]);
  });

  test("looks into for-each tasks", () => {
    const seed = notebookTask("seed", "seed_all_alerts.py", { jobClusterKey: "mian" });
    const tasks = [task("for_each_alert", { types: ["for_each_task"], forEach: seed })];
    expect(
      check(jobClusterKey, [job({ jobClusterKeys: ["main"], tasks })]).map(({ sites }) => sites),
    ).toEqual([[`${ID}#seed`]]);
  });
});

describe("webhook-notifications", () => {
  const webhooks = (count: number, event = "on_failure") =>
    [{ event, channel: "webhook", count }] as const;

  test.each([
    ["three webhooks", job({ notifications: webhooks(3) })],
    [
      "three webhooks for each of two events",
      job({ notifications: [...webhooks(3), ...webhooks(3, "on_success")] }),
    ],
    [
      "any number of addresses",
      job({ notifications: [{ event: "on_failure", channel: "email", count: 9 }] }),
    ],
    [
      "three in the job and three in its task",
      job({
        notifications: webhooks(3),
        tasks: [notebookTask("seed", "seed_all_alerts.py", { notifications: webhooks(3) })],
      }),
    ],
  ])("accepts %s", (_, spec) => {
    expect(check(webhookNotifications, [spec])).toEqual([]);
  });

  const seed = notebookTask("seed", "seed_all_alerts.py", { notifications: webhooks(4) });
  test.each([
    ["of a job", job({ notifications: webhooks(4) }), ID],
    ["of a task", job({ tasks: [seed] }), `${ID}#seed`],
    [
      "of a task in a for-each task",
      job({ tasks: [task("for_each_alert", { types: ["for_each_task"], forEach: seed })] }),
      `${ID}#seed`,
    ],
  ])("rejects four for one event %s", (_, spec, site) => {
    expect(check(webhookNotifications, [spec])).toEqual([
      {
        message: `job "${KEY}" has 4 webhooks for on_failure`,
        fix: "keep 3 of them",
        sites: [site],
      },
    ]);
  });
});
