import { type PayloadContext, readJobPayload } from "../../src/readers/job-payload";

const context: PayloadContext = {
  notebook: (path, git) => ({ identity: `${git?.url ?? "workspace"}:${path}`, label: path }),
  job: (jobId) => ({ kind: "literal", jobId: String(jobId) }),
};
const read = (job: Record<string, unknown>) => readJobPayload(job, context);

describe("readJobPayload", () => {
  it("reads an atomic job", () => {
    expect(
      read({
        tags: { job_level: "atomic", retries: 3 },
        environment: [{ environment_key: "default", spec: { environment_version: "4" } }],
        task: [
          {
            task_key: "setup_tables",
            environment_key: "default",
            notebook_task: { notebook_path: "/Shared/setup", base_parameters: { catalog: "dev" } },
          },
        ],
      }),
    ).toEqual({
      tags: { job_level: "atomic", retries: "3" },
      environmentKeys: ["default"],
      repeated: false,
      tasks: [
        {
          taskKey: "setup_tables",
          types: ["notebook_task"],
          notebook: { identity: "workspace:/Shared/setup", label: "/Shared/setup" },
          environmentKey: "default",
          dependsOn: [],
          onCluster: false,
        },
      ],
    });
  });

  it("reads blocks written as an object or as a list, as Terraform does", () => {
    const notebook_task = { notebook_path: "/Shared/setup" };
    const depends_on = { task_key: "a" };
    const asObject = read({ task: { task_key: "b", notebook_task, depends_on } });
    const asList = read({
      task: [{ task_key: "b", notebook_task: [notebook_task], depends_on: [depends_on] }],
    });
    expect(asObject).toEqual(asList);
    expect(asObject.tasks).toMatchObject([
      { taskKey: "b", dependsOn: ["a"], notebook: { label: "/Shared/setup" } },
    ]);
  });

  it("reads the single-task format, with the task at the top of the job", () => {
    expect(
      read({ notebook_task: { notebook_path: "/Shared/setup" }, new_cluster: {} }).tasks,
    ).toMatchObject([
      {
        taskKey: "",
        types: ["notebook_task"],
        notebook: { label: "/Shared/setup" },
        onCluster: true,
      },
    ]);
  });

  it("reads dynamic blocks", () => {
    const { tasks } = read({
      dynamic: {
        task: {
          for_each: "${var.regions}",
          content: {
            task_key: "${task.value}",
            dynamic: { notebook_task: { content: { notebook_path: "/Shared/setup" } } },
          },
        },
      },
    });
    expect(tasks).toMatchObject([
      { taskKey: "${task.value}", types: ["notebook_task"], notebook: { label: "/Shared/setup" } },
    ]);
  });

  it("reads the task inside a for-each task", () => {
    const { tasks } = read({
      task: [
        {
          task_key: "each_region",
          for_each_task: { inputs: "[]", task: { task_key: "inner", run_job_task: { job_id: 7 } } },
        },
      ],
    });
    expect(tasks).toMatchObject([
      {
        types: ["for_each_task"],
        forEach: {
          taskKey: "inner",
          types: ["run_job_task"],
          runJob: { kind: "literal", jobId: "7" },
        },
      },
    ]);
  });

  it.each([
    [{ source: "GIT" }, "https://example.com/r:setup"],
    [{}, "https://example.com/r:setup"],
    [{ source: "WORKSPACE" }, "workspace:setup"],
  ])("takes a notebook with %j from git if the job has a git source", (source, identity) => {
    const { tasks } = read({
      git_source: { url: "https://example.com/r" },
      task: [{ task_key: "a", notebook_task: { notebook_path: "setup", ...source } }],
    });
    expect(tasks[0]?.notebook?.identity).toBe(identity);
  });

  it.each([
    [{ count: 2 }, true],
    [{ count: "${var.n}" }, true],
    [{ count: 1 }, false],
    [{ for_each: "${toset([])}" }, true],
    [{}, false],
  ])("takes a job with %j for repeated: %j", (meta, repeated) => {
    expect(read(meta).repeated).toBe(repeated);
  });

  it.each(["job_cluster_key", "existing_cluster_id", "new_cluster"])(
    "knows that %s is a cluster",
    (key) => {
      expect(read({ task: [{ task_key: "a", [key]: {} }] }).tasks[0]?.onCluster).toBe(true);
    },
  );

  it("reads nothing out of tags that are an expression", () => {
    expect(read({ tags: "${local.tags}" }).tags).toEqual({});
  });
});
