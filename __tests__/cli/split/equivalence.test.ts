import { join } from "node:path";
import * as fc from "fast-check";
import { parse } from "yaml";
import type { JobSpec } from "@jobstrata/core/model";
import { readBundle, type Reading } from "@jobstrata/core/readers";
import { type BundleSplit, splitBundle } from "../../../src/cli/split/split-bundle";
import { verifyJobs, verifySplit } from "../../../src/cli/split/verify";
import {
  after,
  bundleFolder,
  job,
  type Json,
  notebookText,
  runJob,
  task,
} from "../../core/split/support";

const NAMES = ["n0", "n1", "n2", "n3", "n4"];
const NOTEBOOKS = Object.fromEntries(
  NAMES.map((name) => [name, notebookText(["day", "region", "run", "input"])]),
);

const splitFolder = async (folder: string): Promise<BundleSplit> => {
  const file = join(folder, "databricks.yml");
  const read = (contents?: ReadonlyMap<string, string>): Promise<readonly Reading[]> =>
    Promise.resolve([readBundle(file, contents === undefined ? {} : { contents })]);
  return splitBundle(await read(), read, {});
};

const RUN_IF = [
  "ALL_SUCCESS",
  "ALL_DONE",
  "NONE_FAILED",
  "AT_LEAST_ONE_SUCCESS",
  "ALL_FAILED",
  "AT_LEAST_ONE_FAILED",
];

const parameters = fc.dictionary(
  fc.constantFrom("day", "region", "run"),
  fc.constantFrom(
    "main",
    "{{job.run_id}}",
    "x/{{job.id}}",
    "{{job.parameters.day}}",
    "{{job.start_time.iso_date}}",
    "{{task.name}}",
    "{{task.run_id}}",
    "{{task.execution_count}}",
    "{{tasks.t0.result_state}}",
  ),
  { maxKeys: 3 },
);

/** Tasks of every kind; each depends only on some before it. */
const tasks: fc.Arbitrary<Json[]> = fc
  .array(
    fc.record({
      kind: fc.constantFrom(
        "notebook",
        "notebook",
        "notebook",
        "sql",
        "wheel",
        "loop",
        "condition",
        "run",
      ),
      run_if: fc.constantFrom(...RUN_IF),
      max_retries: fc.nat(2),
      disabled: fc.constantFrom(false, false, false, true),
      before: fc.array(fc.nat(5), { maxLength: 3 }),
      outcome: fc.constantFrom("true", "false"),
      parameters,
      more: fc.subarray(["timeout_seconds", "email_notifications", "description"]),
    }),
    { minLength: 2, maxLength: 5 },
  )
  .map((all) =>
    all.map((each, at): Json => {
      const depends_on = [...new Set(each.before)]
        .filter((before) => before < at)
        .map((before) => ({
          task_key: `t${before}`,
          ...(all[before]?.kind === "condition" && { outcome: each.outcome }),
        }));
      const needed = JSON.stringify(each.parameters).includes("tasks.t0");
      const isKnown = at > 0 && depends_on.some(({ task_key: key }) => key === "t0");
      const base_parameters = needed && !isKnown ? {} : each.parameters;
      const settings = {
        timeout_seconds: 600,
        email_notifications: { on_failure: ["a@example.com"] },
        description: "d",
      };
      const more = Object.fromEntries(
        Object.entries(settings).filter(([name]) => each.more.includes(name)),
      );
      const common = {
        depends_on,
        run_if: each.run_if,
        ...(each.disabled && { disabled: true }),
      };
      const code = { max_retries: each.max_retries, ...more };
      const notebook = { notebook_path: `src/n${at}.py`, base_parameters };
      switch (each.kind) {
        case "sql":
          return {
            task_key: `t${at}`,
            ...common,
            ...code,
            sql_task: { warehouse_id: "w", query: { query_id: "q" }, parameters: base_parameters },
          };
        case "wheel":
          return {
            task_key: `t${at}`,
            ...common,
            ...code,
            environment_key: "default",
            python_wheel_task: {
              package_name: "p",
              entry_point: "e",
              parameters: Object.values(base_parameters),
            },
          };
        case "loop":
          return {
            task_key: `t${at}`,
            ...common,
            for_each_task: {
              inputs: '["eu", "us"]',
              concurrency: 2,
              task: task(
                `t${at}_each`,
                {
                  ...code,
                  notebook_task: { ...notebook, base_parameters: { input: "{{input}}" } },
                },
                `n${at}`,
              ),
            },
          };
        case "condition":
          return {
            task_key: `t${at}`,
            ...common,
            condition_task: { left: "{{job.parameters.day}}", op: "EQUAL_TO", right: "monday" },
          };
        case "run":
          return runJob(`t${at}`, "leaf_job", common);
        default:
          return task(`t${at}`, { ...common, ...code, notebook_task: notebook }, `n${at}`);
      }
    }),
  );

const folderWith = (list: readonly Json[], more: Json = {}): string =>
  bundleFolder(
    {
      leaf_job: job("Leaf", [task("leaf")], {
        tags: { job_level: "atomic" },
        max_concurrent_runs: 9,
      }),
      nightly_job: job("Nightly", list, {
        parameters: [{ name: "day", default: "monday" }],
        max_concurrent_runs: 3,
        ...more,
      }),
    },
    { ...NOTEBOOKS, leaf: notebookText() },
  );

describe("both versions of a split job", () => {
  it("run the same code with the same parameters in a legal order, whatever fails", async () => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(tasks, async (list) => {
        const split = await splitFolder(folderWith(list));
        expect(split.refusals.map(({ code, message }) => `${code}: ${message}`)).toEqual([]);
        expect((await verifySplit(split, () => undefined)).map(({ message }) => message)).toEqual(
          [],
        );
        if (split.files.length > 0) count++;
      }),
      { numRuns: 8 },
    );
    expect(count).toBeGreaterThan(2);
  });

  it("are split only once", async () => {
    await fc.assert(
      fc.asyncProperty(tasks, async (list) => {
        const folder = folderWith(list);
        const file = join(folder, "databricks.yml");
        const once = await splitFolder(folder);
        const contents = new Map(once.files.map(({ after: text }) => [file, text]));
        const read = (more?: ReadonlyMap<string, string>): Promise<readonly Reading[]> =>
          Promise.resolve([readBundle(file, { contents: more ?? contents })]);
        const again = await splitBundle(await read(), read, {});
        expect([again.files, again.refusals]).toEqual([[], []]);
      }),
      { numRuns: 40 },
    );
  });

  const list = [
    task("extract", {
      max_retries: 1,
      notebook_task: { notebook_path: "src/n0.py", base_parameters: { run: "{{job.run_id}}" } },
    }),
    task("load", { ...after("extract") }, "n1"),
  ];
  it.each<[string, (text: string) => string, string]>([
    [
      "a dependency is lost",
      (text) => text.replace(/ *depends_on:\n *- task_key: extract\n/, ""),
      "begins before",
    ],
    [
      "a parameter has another value",
      (text) => text.replace('run: "{{job.run_id}}"', "run: none"),
      "executed 0 times",
    ],
    ["a retry is lost", (text) => text.replace(/ *max_retries: 1\n/, ""), "instead of"],
    [
      "a run waits for another",
      (text) => text.replace("nightly_load_job.id", "nightly_extract_job.id"),
      "executed",
    ],
  ])("are refused where %s", async (_, change, message) => {
    const folder = folderWith(list);
    const file = join(folder, "databricks.yml");
    const { files, plans } = await splitFolder(folder);
    const text = files[0]?.after ?? "";
    expect(change(text)).not.toBe(text);
    expect(parse(change(text))).toBeDefined();
    const [before] = readBundle(file).graphs;
    const [now] = readBundle(file, { contents: new Map([[file, change(text)]]) }).graphs;
    if (before === undefined || now === undefined) throw new Error("there is no target");
    const jobs = plans.flatMap(({ composites }) => composites.map((part) => part.job));
    const refusals = await verifyJobs(jobs, before, now);
    expect(refusals.map((refusal) => refusal.message)).toEqual([expect.stringContaining(message)]);
  });
});

describe("the alerting layer as one job of five notebooks", () => {
  it("becomes the five atomic jobs and the orchestrator of the specification", async () => {
    const spec = readBundle(join(__dirname, "../../fixtures/alerting-bundle/databricks.yml"));
    const wanted = spec.graphs[0]?.jobs ?? [];
    const byKey = new Map(wanted.map((each) => [each.key, each]));
    const orchestrator = byKey.get("alerting_setup_orchestrator_job");
    // Each task of the orchestrator with the notebook of the job that it runs.
    const tasks = (orchestrator?.tasks ?? []).map(({ taskKey, dependsOn, settings }) => {
      const target = /jobs\.(\w+)\.id/.exec(JSON.stringify(settings.run_job_task))?.[1] ?? "";
      const notebook = byKey.get(target)?.tasks[0];
      return {
        target,
        settings: {
          task_key: taskKey,
          depends_on: dependsOn.map((task_key) => ({ task_key })),
          environment_key: "default",
          notebook_task: {
            notebook_path: `src/${notebook?.notebook?.label.replace(/^.*src\//, "").replace(/\.py$/, "") ?? ""}.py`,
            base_parameters: notebook?.parameters ?? {},
          },
        },
      };
    });
    const names = tasks.map(
      ({ settings }) => /src\/(.*)\.py/.exec(settings.notebook_task.notebook_path)?.[1] ?? "",
    );
    const folder = bundleFolder(
      {
        alerting_setup_orchestrator_job: job(
          "[dev] Health Monitor - Alerting Layer Setup",
          tasks.map(({ settings }) => settings),
          { tags: { layer: "alerting" } },
        ),
      },
      Object.fromEntries(names.map((name) => [name, notebookText(["catalog", "gold_schema"])])),
    );
    const keys = new Map(tasks.map(({ settings, target }) => [settings.task_key, target]));
    const file = join(folder, "databricks.yml");
    const read = (contents?: ReadonlyMap<string, string>): Promise<readonly Reading[]> =>
      Promise.resolve([readBundle(file, contents === undefined ? {} : { contents })]);
    const split = await splitBundle(await read(), read, { keys });
    expect(split.refusals).toEqual([]);
    const shape = (jobs: readonly JobSpec[]) =>
      jobs
        .map(({ key, tags, environments, tasks: own }) => ({
          key,
          level: tags.job_level,
          layer: tags.layer,
          orchestrator: tags.orchestrator,
          environments,
          tasks: own.map((each) => ({
            // The specification gives tasks of atomic jobs names of their own.
            key: each.runJob === undefined ? "" : each.taskKey,
            after: [...each.dependsOn].sort(),
            runs: each.runJob?.kind === "job" ? each.runJob.id : undefined,
            notebook: each.notebook?.label.replace(/^.*src\//, ""),
            parameters: each.runJob === undefined ? each.parameters : undefined,
            environment: each.environmentKey,
          })),
        }))
        .sort((a, b) => (a.key < b.key ? -1 : 1));
    expect(shape(split.after[0]?.graphs[0]?.jobs ?? [])).toEqual(shape(wanted));
    expect(wanted).toHaveLength(6);
    expect(await verifySplit(split, () => undefined)).toEqual([]);
  });
});
