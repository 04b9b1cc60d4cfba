import { planSplit, type SplitOptions, type SplitPlan } from "@jobstrata/core/split";
import {
  after,
  bundleFolder,
  graphOf,
  job,
  type Json,
  notebookText,
  runJob,
  task,
  withParameters,
} from "./support";

const PLAIN = notebookText();
const NOTEBOOKS = { extract: PLAIN, load: PLAIN, check: PLAIN };

const planOf = (
  jobs: Readonly<Record<string, Json>>,
  options: SplitOptions = {},
  notebooks: Readonly<Record<string, string>> = NOTEBOOKS,
): SplitPlan => planSplit(graphOf(bundleFolder(jobs, notebooks)), options);

const keysOf = ({ atomics }: SplitPlan): string[] => atomics.map(({ key }) => key);

/** What each task passes, by task key. */
const passedIn = ({ composites }: SplitPlan): Record<string, Record<string, string>> =>
  Object.fromEntries(
    composites.flatMap(({ tasks }) =>
      tasks.map(({ task: { taskKey }, passed }) => [
        taskKey,
        Object.fromEntries(
          [...passed].map(([name, value]) => [
            name,
            value.kind === "job" ? `{{job.parameters.${value.name}}}` : value.text,
          ]),
        ),
      ]),
    ),
  );

const two = (more: Json = {}, second: Json = {}): Record<string, Json> => ({
  nightly_job: job("Nightly", [task("extract"), task("load", { ...after("extract"), ...second })], {
    ...more,
  }),
});

describe("planSplit", () => {
  it("makes an atomic job of each notebook, and a composite that keeps the key", () => {
    const [, load] = [
      task("extract"),
      task("load", { ...after("extract"), run_if: "ALL_DONE", max_retries: 3 }),
    ];
    const plan = planOf({
      nightly_job: job("Nightly", [task("extract"), load], {
        tags: { layer: "sales", purpose: "nightly" },
        schedule: { quartz_cron_expression: "0 0 3 * * ?", timezone_id: "UTC" },
        max_concurrent_runs: 2,
        timeout_seconds: 60,
      }),
    });
    expect(plan.refusals).toEqual([]);
    expect(plan.composites.map(({ settings }) => settings)).toMatchObject([
      {
        name: "Nightly",
        max_concurrent_runs: 2,
        timeout_seconds: 60,
        schedule: { timezone_id: "UTC" },
        tags: { layer: "sales", purpose: "nightly", job_level: "composite", orchestrator: "true" },
        tasks: [
          {
            task_key: "extract",
            run_job_task: { job_id: "${resources.jobs.nightly_extract_job.id}" },
          },
          {
            task_key: "load",
            depends_on: [{ task_key: "extract" }],
            run_if: "ALL_DONE",
            run_job_task: { job_id: "${resources.jobs.nightly_load_job.id}" },
          },
        ],
      },
    ]);
    expect(Object.keys(plan.composites[0]?.settings ?? {})).not.toContain("environments");
    expect(plan.atomics[1]?.settings).toEqual({
      name: "Nightly - load",
      description: "Atomic job: load",
      tags: { layer: "sales", purpose: "nightly", job_level: "atomic" },
      max_concurrent_runs: 2,
      environments: [{ environment_key: "default", spec: { environment_version: "4" } }],
      tasks: [
        {
          task_key: "load",
          environment_key: "default",
          max_retries: 3,
          notebook_task: { notebook_path: "src/load.py" },
        },
      ],
    });
  });

  it("leaves jobs that follow the rules unchanged", () => {
    const plan = planOf({
      extract_job: job("Extract", [task("extract")], { tags: { job_level: "atomic" } }),
      untagged_job: job("Load", [task("load")]),
      flow_job: job("Flow", [runJob("extract", "extract_job")], {
        tags: { job_level: "composite" },
      }),
      report_job: {
        name: "Report",
        tasks: [
          { task_key: "a", sql_task: { warehouse_id: "w", query: { query_id: "1" } } },
          { task_key: "b", sql_task: { warehouse_id: "w", query: { query_id: "2" } } },
        ],
      },
    });
    expect(plan).toMatchObject({ atomics: [], composites: [], refusals: [], notes: [] });
  });

  it("moves code out of a job that runs jobs, and makes it an orchestrator if these are composite", () => {
    const plan = planOf({
      extract_job: job("Extract", [task("extract")], { tags: { job_level: "atomic" } }),
      flow_job: job("Flow", [runJob("extract", "extract_job")], {
        tags: { job_level: "composite" },
      }),
      all_job: job("All", [runJob("flow", "flow_job"), task("load", after("flow"))]),
    });
    expect(keysOf(plan)).toEqual(["all_load_job"]);
    expect(plan.composites).toMatchObject([
      {
        level: "orchestrator",
        settings: {
          tasks: [
            { task_key: "flow", run_job_task: { job_id: "${resources.jobs.flow_job.id}" } },
            { task_key: "load", depends_on: [{ task_key: "flow" }] },
          ],
        },
      },
    ]);
  });

  it("moves code of every kind out of a job with notebooks, and of any job with unit: code", () => {
    const sql = (key: string): Json => ({
      task_key: key,
      sql_task: {
        warehouse_id: "w",
        query: { query_id: key },
        parameters: { day: "{{job.start_time.iso_date}}" },
      },
    });
    const mixed = { nightly_job: job("Nightly", [task("extract"), sql("report")]) };
    expect(keysOf(planOf(mixed))).toEqual(["nightly_extract_job", "nightly_report_job"]);
    const reports = { report_job: { name: "Reports", tasks: [sql("a"), sql("b")] } };
    expect(keysOf(planOf(reports))).toEqual([]);
    const plan = planOf(reports, { unit: "code" });
    expect(keysOf(plan)).toEqual(["report_a_job", "report_b_job"]);
    expect(passedIn(plan)).toEqual({
      a: { day: "{{job.start_time.iso_date}}" },
      b: { day: "{{job.start_time.iso_date}}" },
    });
  });

  it("hands down what only the run of the job knows", () => {
    const parameters = {
      plain: "main",
      own: "{{task.run_id}}-{{task.execution_count}}",
      same: "{{workspace.id}} {{task.name}}",
      run: "{{job.run_id}}",
      path: "/x/{{job.start_time.iso_date}}/{{job.parameters.day}}",
      state: "{{tasks.extract.result_state}}",
      old: "{{parent_run_id}}",
    };
    const plan = planOf({
      nightly_job: job(
        "Nightly",
        [task("extract"), withParameters("load", parameters, after("extract"))],
        {
          parameters: [{ name: "day", default: "{{job.start_time.iso_date}}" }],
        },
      ),
    });
    expect(plan.refusals).toEqual([]);
    expect(passedIn(plan)).toEqual({
      extract: { day: "{{job.parameters.day}}" },
      load: {
        day: "{{job.parameters.day}}",
        run: parameters.run,
        path: parameters.path,
        state: parameters.state,
        old: parameters.old,
      },
    });
    expect(plan.atomics[1]?.settings).toMatchObject({
      parameters: [
        { name: "day", default: "{{job.start_time.iso_date}}" },
        { name: "old", default: "" },
        { name: "path", default: "" },
        { name: "run", default: "{{job.run_id}}" },
        { name: "state", default: "" },
      ],
      tasks: [
        {
          notebook_task: {
            base_parameters: {
              plain: "main",
              own: parameters.own,
              same: parameters.same,
              run: "{{job.parameters.run}}",
              path: "{{job.parameters.path}}",
              state: "{{job.parameters.state}}",
              old: "{{job.parameters.old}}",
            },
          },
        },
      ],
    });
  });

  it("keeps for-each tasks, and lets their job run as often as they did", () => {
    const loop = {
      task_key: "each",
      ...after("extract"),
      for_each_task: {
        inputs: '["eu", "us"]',
        concurrency: 3,
        task: withParameters("load", { region: "{{input}}" }),
      },
    };
    const plan = planOf({
      nightly_job: job("Nightly", [task("extract"), loop], { max_concurrent_runs: 2 }),
    });
    expect(plan.composites[0]?.settings.tasks).toMatchObject([
      {
        task_key: "each",
        for_each_task: {
          inputs: '["eu", "us"]',
          concurrency: 3,
          task: { task_key: "load", run_job_task: { job_parameters: { region: "{{input}}" } } },
        },
      },
      { task_key: "extract" },
    ]);
    expect(plan.atomics.map(({ settings }) => settings.max_concurrent_runs)).toEqual([2, 6]);
  });

  describe("a notebook of several jobs", () => {
    const shared = (parameters: Json, more: Json = {}): Json =>
      job("[dev] Jobs", [withParameters("load", parameters)], more);

    it("goes to one job, with what differs as job parameters", () => {
      const plan = planOf({
        emea_job: shared({ catalog: "main", region: "emea" }),
        apac_job: shared({ catalog: "main", region: "apac" }, { name: "[dev] Apac" }),
      });
      expect(plan.refusals).toEqual([]);
      expect(plan.atomics).toMatchObject([
        {
          key: "load_job",
          maxConcurrentRuns: 2,
          settings: {
            name: "[dev] load",
            parameters: [{ name: "region" }],
            tasks: [
              {
                notebook_task: {
                  base_parameters: { catalog: "main", region: "{{job.parameters.region}}" },
                },
              },
            ],
          },
        },
      ]);
      expect(
        plan.composites.map(({ job: { key }, tasks }) => [
          key,
          Object.fromEntries(tasks[0]?.passed ?? []),
        ]),
      ).toMatchObject([
        ["emea_job", { region: { text: "emea" } }],
        ["apac_job", { region: { text: "apac" } }],
      ]);
    });

    it("stays in an atomic job that is there, and the others run that", () => {
      const plan = planOf({
        load_job: shared({ region: "emea" }, { tags: { job_level: "atomic" } }),
        nightly_job: job("Nightly", [task("extract"), withParameters("load", { region: "apac" })]),
      });
      expect(plan.refusals).toEqual([]);
      expect(plan.atomics.map(({ key, existing }) => [key, existing?.key])).toEqual([
        ["nightly_extract_job", undefined],
        ["load_job", "load_job"],
      ]);
      expect(plan.atomics[1]?.settings).toMatchObject({
        max_concurrent_runs: 2,
        parameters: [{ name: "region", default: "emea" }],
        tasks: [{ notebook_task: { base_parameters: { region: "{{job.parameters.region}}" } } }],
      });
      expect(passedIn(plan)).toMatchObject({ load: { region: "apac" } });
    });

    it("keeps retries that differ with the tasks that run it", () => {
      const plan = planOf({
        emea_job: job("Emea", [task("load", { max_retries: 2, timeout_seconds: 60 })]),
        apac_job: job("Apac", [task("load", { timeout_seconds: 60 })]),
      });
      expect(plan.composites[0]?.settings.tasks).toMatchObject([{ max_retries: 2 }]);
      expect(plan.atomics[0]?.settings.tasks).toEqual([
        {
          task_key: "load",
          environment_key: "default",
          timeout_seconds: 60,
          notebook_task: { notebook_path: "src/load.py" },
        },
      ]);
    });

    it.each<[string, string, Json, Json]>([
      [
        "parameters-differ",
        "a parameter that only one gives",
        shared({ region: "emea" }),
        shared({}),
      ],
      [
        "compute-differs",
        "another environment",
        shared({}),
        {
          ...shared({}),
          environments: [{ environment_key: "default", spec: { environment_version: "3" } }],
        },
      ],
      [
        "compute-differs",
        "another identity",
        shared({}),
        shared({}, { run_as: { user_name: "a@example.com" } }),
      ],
      [
        "settings-differ",
        "another warehouse",
        shared({}),
        job("Jobs", [
          task("load", { notebook_task: { notebook_path: "src/load.py", warehouse_id: "w" } }),
        ]),
      ],
    ])("is refused as %s: %s", (code, _, first, second) => {
      const read = { load: notebookText(["region"]) };
      const plan = planOf({ emea_job: first, apac_job: second }, {}, read);
      expect(plan.refusals.map((refusal) => refusal.code)).toContain(code);
      expect(plan.composites.map(({ job: { key } }) => key)).not.toContain("apac_job");
    });
  });

  it("gives notebooks without environment the version that is asked for", () => {
    const bare = {
      nightly_job: {
        name: "Nightly",
        tasks: ["extract", "load"].map((key) => task(key, { environment_key: undefined })),
      },
    };
    expect(planOf(bare).refusals.map(({ code }) => code)).toEqual(["environment", "environment"]);
    const plan = planOf(bare, { environmentVersion: "4" });
    expect(plan.atomics[0]?.settings).toMatchObject({
      environments: [{ environment_key: "default", spec: { environment_version: "4" } }],
      tasks: [{ environment_key: "default" }],
    });
  });

  describe("job clusters", () => {
    const onCluster = (key: string): Json =>
      task(key, { environment_key: undefined, job_cluster_key: "big" });
    const clusters = {
      job_clusters: [{ job_cluster_key: "big", new_cluster: { num_workers: 2 } }],
    };
    const jobs = {
      nightly_job: job(
        "Nightly",
        [onCluster("extract"), onCluster("load"), task("check")],
        clusters,
      ),
    };

    it("become one for each job", () => {
      const plan = planOf(jobs);
      expect(plan.clusters).toEqual({ before: 1, after: 2 });
      expect(plan.atomics.slice(0, 2).map(({ settings }) => settings.job_clusters)).toEqual([
        clusters.job_clusters,
        clusters.job_clusters,
      ]);
      expect(Object.keys(plan.composites[0]?.settings ?? {})).not.toContain("job_clusters");
    });

    it("stay with the tasks that share them if these are to be kept together", () => {
      const plan = planOf(jobs, { keepClusterGroups: true });
      expect(keysOf(plan)).toEqual(["nightly_check_job"]);
      expect(plan.notes.map(({ message }) => message)).toEqual([
        '"extract", "load" stay in it, as they share a job cluster',
      ]);
      expect(plan.composites[0]?.level).toBeUndefined();
    });
  });

  describe("refuses", () => {
    const deep = {
      top_job: job("Top", [runJob("a", "middle_job")]),
      middle_job: job("Middle", [runJob("a", "low_job")]),
      low_job: job("Low", [runJob("a", "nightly_job")]),
      ...two(),
    };
    const many = Array.from({ length: 1001 }, (_, at) => task(`t${at}`, {}, "extract"));
    const reading = (code: string): Record<string, string> => ({
      ...NOTEBOOKS,
      load: notebookText([], code),
    });
    const condition = {
      task_key: "any",
      ...after("extract"),
      condition_task: { left: "{{tasks.extract.values.rows}}", op: "GREATER_THAN", right: "0" },
    };
    const clusters = {
      job_clusters: [{ job_cluster_key: "big", new_cluster: { num_workers: 2 } }],
    };
    const onCluster = { environment_key: undefined, job_cluster_key: "big" };
    it.each<[string, string, Record<string, Json>, Record<string, string>?]>([
      ["depth", "atomic jobs deeper than three", deep],
      ["too-many-tasks", "more than 1,000 tasks", { nightly_job: job("Nightly", many) }],
      [
        "key-clash",
        "a key that another job has",
        { ...two(), nightly_load_job: job("Other", [task("check")]) },
      ],
      [
        "name-clash",
        "a name that another job has",
        { ...two(), other_job: job("Nightly - load", [task("check")]) },
      ],
      [
        "reads-task-values",
        "a notebook that reads task values",
        two(),
        reading('dbutils.jobs.taskValues.get(taskKey="extract", key="n")'),
      ],
      [
        "reads-run-id",
        "a notebook that reads its run id",
        two(),
        reading(
          "ctx = dbutils.notebook.entry_point.getDbutils().notebook().getContext().currentRunId()",
        ),
      ],
      [
        "reads-run-id",
        "a notebook that reads tags of its context",
        two(),
        reading('ctx = getContext().tags().get("jobId")'),
      ],
      ["unread-notebook", "a notebook that is not here", two(), { extract: PLAIN }],
      [
        "task-values",
        "a condition on a value that moved code sets",
        { nightly_job: job("Nightly", [task("extract"), condition, task("load")]) },
      ],
      [
        "task-values",
        "a parameter that is such a value",
        {
          nightly_job: job("Nightly", [
            task("extract"),
            withParameters("load", { n: "{{tasks.extract.values.n}}" }, after("extract")),
          ]),
        },
      ],
      [
        "reference",
        "a mix of both runs in one parameter",
        {
          nightly_job: job("Nightly", [
            task("extract"),
            withParameters("load", { n: "{{job.run_id}}/{{task.run_id}}" }),
          ]),
        },
      ],
      [
        "legacy-parameters",
        "parameters that are pushed to notebooks",
        {
          ...two(),
          up_job: job("Up", [
            {
              task_key: "a",
              run_job_task: {
                job_id: "${resources.jobs.nightly_job.id}",
                notebook_params: { a: "b" },
              },
            },
          ]),
        },
      ],
      [
        "cluster-state",
        "files on a cluster that tasks share",
        {
          nightly_job: job(
            "Nightly",
            [task("extract", onCluster), task("load", onCluster)],
            clusters,
          ),
        },
        reading('open("/tmp/x")'),
      ],
      [
        "concurrency",
        "more runs at once than a job can have",
        {
          nightly_job: job(
            "Nightly",
            [
              task("extract"),
              {
                task_key: "each",
                for_each_task: { inputs: "[1]", concurrency: 100, task: task("load") },
              },
            ],
            { max_concurrent_runs: 11 },
          ),
        },
      ],
      [
        "environment",
        "an environment that the job lacks",
        {
          nightly_job: job("Nightly", [
            task("extract"),
            task("load", { environment_key: "other" }),
          ]),
        },
      ],
    ])("%s: %s", (code, _, jobs, notebooks = NOTEBOOKS) => {
      const plan = planOf(jobs, {}, notebooks);
      expect(plan.refusals.map((refusal) => refusal.code)).toContain(code);
      expect(plan.refusals.map((refusal) => refusal.job.key)).toContain("nightly_job");
      expect(plan.composites.map(({ job: { key } }) => key)).not.toContain("nightly_job");
    });
  });

  it("takes comments, task values that are only set, and state of a cluster of its own for what they are", () => {
    const fine = notebookText(
      [],
      '# dbutils.jobs.taskValues.get("a")\ndbutils.jobs.taskValues.set("a", 1)\nopen("/tmp/x")',
    );
    expect(planOf(two(), {}, { ...NOTEBOOKS, load: fine }).refusals).toEqual([]);
  });

  it("follows %run to what a notebook reads", () => {
    const notebooks = {
      ...NOTEBOOKS,
      load: notebookText([], "# MAGIC %run ./shared"),
      shared: notebookText([], 'dbutils.jobs.taskValues.get("a", "b")'),
    };
    expect(planOf(two(), {}, notebooks).refusals).toMatchObject([
      { code: "reads-task-values", taskKey: "load" },
    ]);
  });

  it("names new jobs by template or by task", () => {
    expect(keysOf(planOf(two(), { nameTemplate: "run_{notebook}" }))).toEqual([
      "run_extract",
      "run_load",
    ]);
    const keys = new Map([
      ["extract", "first_job"],
      ["nightly_job/load", "second_job"],
    ]);
    expect(keysOf(planOf(two(), { keys }))).toEqual(["first_job", "second_job"]);
    expect(planOf(two(), { nameTemplate: "one_{job}" }).refusals).toMatchObject([
      { code: "key-clash" },
    ]);
  });

  it("splits only what it is asked for, and says where else a notebook is", () => {
    const jobs = { ...two(), other_job: job("Other", [task("load"), task("check")]) };
    const plan = planOf(jobs, { jobs: ["nightly_job"] });
    expect(plan.composites.map(({ job: { key } }) => key)).toEqual(["nightly_job"]);
    expect(plan.notes.map(({ message }) => message)).toEqual([
      expect.stringContaining('is in "other_job" as well'),
    ]);
  });
});
