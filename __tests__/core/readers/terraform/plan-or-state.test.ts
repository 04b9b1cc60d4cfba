import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import type { JobSpec } from "@jobstrata/cdktf";
import { JobstrataError } from "../../../../src/core/errors";
import { startProvider } from "../../../../src/local/provider";
import {
  priorState,
  readTerraformJson,
} from "../../../../src/core/readers/terraform/plan-or-state";
import { diffHierarchies } from "../../../../src/core/render/diff/hierarchy-diff";
import { FakeWorkspace } from "../../../local/provider/fake-workspace";
import { CLIS, Folder } from "../../../local/provider/terraform";

const notebook = (key: string): object => ({
  name: `\${"[dev] "}${key}`,
  tags: { job_level: "atomic", layer: "alerting" },
  environment: [{ environment_key: "default", spec: { environment_version: "4" } }],
  task: [
    {
      task_key: "run",
      environment_key: "default",
      notebook_task: { notebook_path: `/alerting/${key}`, base_parameters: { catalog: "main" } },
    },
  ],
});
const run = (taskKey: string, jobId: string, more: object = {}): object => ({
  task_key: taskKey,
  run_job_task: { job_id: jobId },
  ...more,
});
const required_providers = {
  databricks: { source: "databricks/databricks", version: "1.99.0" },
};

/** A project with a module, for_each, count, and references through outputs and variables. */
function configure(folder: Folder): void {
  mkdirSync(join(folder.path, "layer"));
  writeFileSync(
    join(folder.path, "layer", "main.tf.json"),
    JSON.stringify({
      terraform: { required_providers },
      variable: { seed_id: {} },
      resource: {
        databricks_job: {
          regional: { for_each: '${toset(["eu", "us"])}', ...notebook("regional_${each.key}") },
          validation: notebook("validation"),
          inner: {
            name: "inner",
            tags: { job_level: "composite" },
            task: [
              run("seed", "${var.seed_id}"),
              run("validate", "${databricks_job.validation.id}"),
            ],
          },
        },
      },
      output: {
        validation_id: { value: "${databricks_job.validation.id}" },
        eu_id: { value: '${databricks_job.regional["eu"].id}' },
      },
    }),
  );
  folder.configure({
    variable: { token: { default: "hunter2", sensitive: true } },
    module: { layer: { source: "./layer", seed_id: "${databricks_job.seed[0].id}" } },
    resource: {
      databricks_job: {
        seed: { count: 1, ...notebook("seed") },
        setup: {
          name: "setup-${databricks_job.seed[0].id}",
          tags: { job_level: "composite" },
          parameter: [{ name: "token", default: "${var.token}" }],
          task: [
            run("a_validate", "${module.layer.validation_id}"),
            run("b_seed", "${databricks_job.seed[0].id}", {
              depends_on: [{ task_key: "a_validate" }],
            }),
            run("c_eu", "${module.layer.eu_id}"),
            run("d_number", "4711"),
          ],
        },
      },
      databricks_permissions: {
        seed: {
          job_id: "${databricks_job.seed[0].id}",
          access_control: [
            { group_name: "data-platform", permission_level: "CAN_VIEW" },
            { service_principal_name: "6c1e", permission_level: "IS_OWNER" },
          ],
        },
      },
    },
  });
}

const IDS = [
  "databricks_job.seed[0]",
  "databricks_job.setup",
  "module.layer.databricks_job.inner",
  'module.layer.databricks_job.regional["eu"]',
  'module.layer.databricks_job.regional["us"]',
  "module.layer.databricks_job.validation",
];

describe.each(CLIS)("a project of %s", (cli) => {
  let planned: readonly JobSpec[];
  let applied: readonly JobSpec[];
  let state: readonly JobSpec[];
  let shown: unknown;

  beforeAll(async () => {
    const provider = await startProvider({ retryDelay: () => 100 });
    const workspace = await FakeWorkspace.start();
    const folder = new Folder(cli, provider.env, workspace.host);
    const show = async (...args: string[]): Promise<readonly JobSpec[]> => {
      shown = JSON.parse(await folder.ok("show", "-json", ...args));
      return readTerraformJson(shown, "plan.json").graphs.flatMap(({ jobs }) => jobs);
    };
    try {
      configure(folder);
      await folder.ok("init");
      await folder.ok("plan", "-out=plan");
      planned = await show("plan");
      await folder.apply();
      state = await show();
      await folder.ok("plan", "-out=plan");
      applied = await show("plan");
    } finally {
      folder.remove();
      await workspace.stop();
      await provider.stop();
    }
  });

  const jobOf = (jobs: readonly JobSpec[], id: string): JobSpec | undefined =>
    jobs.find((job) => job.id === id);

  test("has every instance of every module", () => {
    expect(planned.map(({ id }) => id).sort()).toEqual(IDS);
    expect(applied.map(({ id }) => id).sort()).toEqual(IDS);
    expect(state.map(({ id }) => id).sort()).toEqual(IDS);
    expect(jobOf(planned, IDS[3] ?? "")).toMatchObject({
      key: 'regional["eu"]',
      stack: "module.layer",
      name: "[dev] regional_eu",
      source: { file: "plan.json", address: IDS[3] },
      tags: { job_level: "atomic", layer: "alerting" },
      environments: [{ key: "default", version: "4" }],
    });
  });

  test("has the owners that permissions name", () => {
    for (const jobs of [planned, applied, state]) {
      expect(jobOf(jobs, IDS[0] ?? "")).toMatchObject({
        hasPermissions: true,
        owner: { servicePrincipal: "6c1e" },
      });
      expect(jobOf(jobs, IDS[1] ?? "")).not.toHaveProperty("owner");
    }
  });

  test("has the jobs that a plan runs, before and after their ids are known", () => {
    const setup = [
      { kind: "job", id: "module.layer.databricks_job.validation" },
      { kind: "job", id: "databricks_job.seed[0]" },
      { kind: "job", id: 'module.layer.databricks_job.regional["eu"]' },
    ];
    for (const jobs of [planned, applied]) {
      expect(jobOf(jobs, "databricks_job.setup")?.tasks.map(({ runJob }) => runJob)).toEqual([
        ...setup,
        { kind: "literal", jobId: "4711" },
      ]);
      expect(
        jobOf(jobs, "module.layer.databricks_job.inner")?.tasks.map(({ runJob }) => runJob),
      ).toEqual([
        { kind: "job", id: "databricks_job.seed[0]" },
        { kind: "job", id: "module.layer.databricks_job.validation" },
      ]);
    }
    // A state does not say where a number came from.
    expect(jobOf(state, "databricks_job.setup")?.tasks.map(({ runJob }) => runJob?.kind)).toEqual([
      "job",
      "job",
      "job",
      "external",
    ]);
  });

  test("reads values that are known after apply as unknown, not as absent", () => {
    const setup = jobOf(planned, "databricks_job.setup");
    expect(setup?.name).toBe("${known after apply}");
    expect(setup?.unknown?.has("name")).toBe(true);
    expect(jobOf(applied, "databricks_job.setup")?.name).toMatch(/^setup-\d+$/);
  });

  test("keeps its secrets", () => {
    expect(JSON.stringify(shown)).toContain("hunter2");
    for (const jobs of [planned, applied, state]) {
      expect(JSON.stringify(jobs)).not.toContain("hunter2");
      expect(jobOf(jobs, "databricks_job.setup")?.parameters).toEqual([
        { name: "token", default: "${sensitive}" },
      ]);
    }
  });

  test("has nothing to change once it is applied", () => {
    const [before] = readTerraformJson(priorState(shown), "plan.json").graphs;
    const [after] = readTerraformJson(shown, "plan.json").graphs;
    expect(before?.jobs).toHaveLength(IDS.length);
    expect(diffHierarchies(before, after)).toMatchObject({ jobs: [], orphaned: [], adopted: [] });
  });

  test("knows which jobs others have access to", () => {
    for (const jobs of [planned, applied, state]) {
      expect(jobOf(jobs, "databricks_job.seed[0]")?.hasPermissions).toBe(true);
      expect(jobOf(jobs, "databricks_job.setup")?.hasPermissions).toBe(false);
    }
  });
});

describe("a file that is not a plan", () => {
  test.each([[null], [5], ["x"], [[]], [{}], [{ format_version: "1.2" }], [{ values: {} }]])(
    "refuses %j",
    (json) => {
      expect(() => readTerraformJson(json, "plan.json")).toThrow(JobstrataError);
    },
  );

  test("throws no other error for any content", () => {
    const key = fc.constantFrom(
      "root_module",
      "resources",
      "child_modules",
      "address",
      "mode",
      "type",
      "name",
      "index",
      "values",
      "task",
      "task_key",
      "run_job_task",
      "job_id",
      "notebook_task",
      "notebook_path",
      "references",
      "expressions",
      "tags",
    );
    const leaf = fc.oneof(
      fc.constantFrom("managed", "databricks_job", true, null),
      fc.string(),
      fc.integer(),
    );
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof({ maxDepth: 6 }, leaf, fc.array(tie("tree")), fc.dictionary(key, tie("tree"))),
    }));
    fc.assert(
      fc.property(tree, tree, tree, (values, changes, configuration) => {
        readTerraformJson(
          {
            format_version: "1.2",
            planned_values: {
              root_module: {
                resources: [
                  {
                    address: "databricks_job.a",
                    mode: "managed",
                    type: "databricks_job",
                    name: "a",
                    values,
                  },
                ],
              },
              ...(typeof values === "object" ? values : {}),
            },
            resource_changes: [{ address: "databricks_job.a", change: { after_unknown: changes } }],
            configuration: { root_module: configuration },
          },
          "plan.json",
        );
      }),
    );
  });
});

describe("what a plan keeps secret", () => {
  const job = (catalog: string, sensitive: object): object => ({
    root_module: {
      resources: [
        {
          address: "databricks_job.seed",
          mode: "managed",
          type: "databricks_job",
          name: "seed",
          values: {
            id: "7",
            name: "seed",
            parameter: [
              { name: "catalog", default: catalog },
              { name: "schema", default: "gold" },
            ],
            task: [
              {
                task_key: "a",
                notebook_task: { notebook_path: "/a", base_parameters: { token: catalog } },
              },
            ],
          },
          sensitive_values: sensitive,
        },
      ],
    },
  });
  const marks = {
    parameter: [{ default: true }, {}],
    task: [{ notebook_task: { base_parameters: { token: true } } }],
  };
  const plan = (sensitive: object, change: object): unknown => ({
    format_version: "1.2",
    planned_values: job("hunter3", sensitive),
    prior_state: { format_version: "1.0", values: job("hunter2", {}) },
    resource_changes: [{ address: "databricks_job.seed", change }],
  });
  const read = (json: unknown, mask?: (secret: string) => string): JobSpec | undefined =>
    readTerraformJson(json, "plan.json", mask && { mask }).graphs[0]?.jobs[0];

  test.each([
    ["sensitive_values", plan(marks, {})],
    ["after_sensitive", plan({}, { after_sensitive: marks })],
    ["all of a block", plan({}, { after_sensitive: { parameter: true, task: true } })],
  ])("is in no part of what is read: %s", (_, json) => {
    const seed = read(json);
    expect(JSON.stringify(seed)).not.toContain("hunter");
    expect(seed?.parameters?.[0]?.default).toBe("${sensitive}");
  });

  test("keeps other values, and hides values that were secret before", () => {
    const json = plan(marks, { before_sensitive: marks });
    expect(read(json)?.parameters?.[1]).toEqual({ name: "schema", default: "gold" });
    const mask = (secret: string): string => `\${sensitive ${secret.length}}`;
    const before = read(priorState(json), mask);
    expect(before?.parameters?.[0]?.default).toBe("${sensitive 7}");
    expect(before?.tasks[0]?.parameters).toEqual({ token: "${sensitive 7}" });
  });

  test("is only in plans that have a state before them", () => {
    expect(priorState({ format_version: "1.0", values: {} })).toBeUndefined();
    const first = priorState({ format_version: "1.2", planned_values: {} });
    expect(readTerraformJson(first, "plan.json").graphs[0]?.jobs).toEqual([]);
  });
});
