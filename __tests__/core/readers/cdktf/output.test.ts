import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as fc from "fast-check";
import { readSynthesized } from "../../../../src/core/readers/cdktf/output";
import { readWorkspaceJobs, unlistedJobs } from "../../../../src/core/readers/workspace/jobs";
import { tempFolder } from "../../../support/policy";

const notebookTask = { task_key: "run", notebook_task: { notebook_path: "/Shared/seed" } };
const runJob = (jobId: string) => ({ task_key: "seed", run_job_task: { job_id: jobId } });

/** An output folder as `cdktf synth` writes it. */
function output(stacks: Readonly<Record<string, unknown>>): string {
  const folder = tempFolder();
  const write = (name: string, content: unknown): void => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(
      join(folder, name),
      typeof content === "string" ? content : JSON.stringify(content),
    );
  };
  const entries = Object.keys(stacks).map((name) => [
    name,
    {
      name,
      synthesizedStackPath: `stacks/${name}/cdk.tf.json`,
      workingDirectory: `stacks/${name}`,
    },
  ]);
  write("manifest.json", { stacks: Object.fromEntries(entries) as unknown });
  for (const [name, config] of Object.entries(stacks)) write(`stacks/${name}/cdk.tf.json`, config);
  return folder;
}

const ATOMIC = {
  terraform: { backend: { local: { path: "/state/alerting-dev-atomic.tfstate" } } },
  resource: { databricks_job: { seed: { name: "[dev] seed", task: [notebookTask] } } },
  output: { seed_id: { value: "${databricks_job.seed.id}" } },
};
const COMPOSITE = {
  data: {
    terraform_remote_state: {
      atomic: { backend: "local", config: { path: "/state/alerting-dev-atomic.tfstate" } },
    },
  },
  resource: {
    databricks_job: {
      setup: {
        name: "[dev] setup",
        task: [runJob("${data.terraform_remote_state.atomic.outputs.seed_id}")],
      },
    },
  },
};

test("a job has the owner that a databricks_permissions of its stack names", () => {
  const permissions = (level: string): object => ({
    job_id: "${databricks_job.seed.id}",
    access_control: [{ group_name: "data", permission_level: level }],
  });
  const ownerIn = (databricks_permissions: object): unknown => {
    const resource = { ...ATOMIC.resource, databricks_permissions };
    const [graph] = readSynthesized(output({ dev: { ...ATOMIC, resource } })).graphs;
    return graph?.jobs[0]?.owner;
  };
  const [owner, viewer] = [permissions("IS_OWNER"), permissions("CAN_VIEW")];
  expect(ownerIn({ viewer })).toBeUndefined();
  expect(ownerIn({ owner, viewer })).toEqual({ group: "data" });
  expect(ownerIn({ viewer, owner })).toEqual({ group: "data" });
});

test("stacks are read together, with references from one to the other, by environment", () => {
  const folder = output({
    "alerting-dev-atomic": ATOMIC,
    "alerting-dev": COMPOSITE,
    "alerting-prod": { resource: { databricks_job: { other: { task: [notebookTask] } } } },
  });
  const { graphs, problems, kind } = readSynthesized(folder);
  expect({ kind, problems }).toEqual({ kind: "cdktf", problems: [] });
  expect(graphs.map(({ environment, jobs }) => [environment, jobs.map(({ key }) => key)])).toEqual([
    ["dev", ["seed", "setup"]],
    ["prod", ["other"]],
  ]);
  const [seed, setup] = graphs[0]?.jobs ?? [];
  expect(setup?.tasks[0]?.runJob).toEqual({ kind: "job", id: seed?.id });
});

test("one cdk.tf.json is read by itself", () => {
  const file = join(tempFolder(), "cdk.tf.json");
  writeFileSync(file, JSON.stringify(ATOMIC));
  expect(readSynthesized(file).graphs[0]?.jobs).toMatchObject([{ key: "seed" }]);
});

test("a stack that cannot be read is reported; the others are read", () => {
  const folder = output({ "alerting-dev-atomic": ATOMIC, broken: "{", "a-list": [] });
  const { graphs, problems } = readSynthesized(folder);
  expect(problems).toEqual([
    expect.objectContaining({
      severity: "error",
      location: { file: expect.stringMatching(/stacks\/broken\/cdk\.tf\.json$/) as unknown },
    }),
    expect.objectContaining({ severity: "error" }),
  ]);
  expect(graphs.flatMap(({ jobs }) => jobs.map(({ key }) => key))).toEqual(["seed"]);
});

test("a stack that is not a regular file is reported without reading it", () => {
  const folder = output({ "alerting-dev-atomic": ATOMIC, pipe: {} });
  const pipe = join(folder, "stacks", "pipe", "cdk.tf.json");
  rmSync(pipe);
  execFileSync("mkfifo", [pipe]);
  expect(readSynthesized(folder).problems).toMatchObject([
    { severity: "error", message: "this is not a file" },
  ]);
});

describe("any content is read without an exception", () => {
  const names = fc.constantFrom(
    ...["resource", "data", "output", "databricks_job", "databricks_notebook", "task", "dynamic"],
    ...["notebook_task", "run_job_task", "job_id", "notebook_path", "for_each_task", "content"],
    ...["tasks", "tags", "name", "environments", "terraform_remote_state", "config", "//", "value"],
    ...["__proto__", "constructor", "a"],
  );
  const leaf = fc.oneof(
    fc.constantFrom("${databricks_job.a.id}", "${data.terraform_remote_state.a.outputs.a}", ""),
    fc.string(),
    fc.integer(),
    fc.constant(null),
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      leaf,
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(names, tie("value"), { maxKeys: 4 }),
    ),
  }));
  const jobs = fc.dictionary(fc.constantFrom("a", "b"), value);

  test("as a stack", () => {
    const file = join(tempFolder(), "cdk.tf.json");
    const config = fc.record({
      resource: fc.record({ databricks_job: jobs }),
      data: value,
      output: value,
    });
    fc.assert(
      fc.property(fc.oneof(value, config), (content) => {
        writeFileSync(file, JSON.stringify(content));
        const { graphs, problems } = readSynthesized(file);
        JSON.stringify([graphs.map((graph) => graph.jobs), problems]);
      }),
      { numRuns: 300 },
    );
  });

  test("as jobs of a workspace", () => {
    fc.assert(
      fc.property(fc.array(fc.record({ job_id: fc.integer(), settings: value })), (listed) => {
        const { graphs } = readWorkspaceJobs("https://host", listed);
        expect(graphs.reduce((sum, graph) => sum + graph.jobs.length, 0)).toBe(listed.length);
        unlistedJobs(listed);
        JSON.stringify(graphs.map((graph) => graph.jobs));
      }),
      { numRuns: 300 },
    );
  });
});
