import { type LocalWorkspace, startLocalWorkspace } from "../../src/local";

describe("the settings that a workspace remembers", () => {
  let workspace: LocalWorkspace;

  beforeAll(async () => {
    workspace = await startLocalWorkspace({ ephemeral: true });
  });

  afterAll(async () => {
    await workspace.stop();
  });

  async function call<T>(method: "GET" | "POST", path: string, body?: object): Promise<T> {
    const response = await fetch(`${workspace.host}/api/2.2/jobs/${path}`, {
      method,
      headers: { Authorization: `Bearer ${workspace.token}` },
      ...(body && { body: JSON.stringify(body) }),
    });
    return (await response.json()) as T;
  }

  it("are never those of a job that was changed or deleted before", async () => {
    const settings = (name: string): object => ({ name, tags: { of: name } });
    const { job_id } = await call<{ job_id: number }>("POST", "create", settings("seed"));
    await call("GET", "list");
    await call("POST", "delete", { job_id });

    await call("POST", "create", settings("tables"));

    const { jobs } = await call<{ jobs: { settings: { name: string } }[] }>("GET", "list");
    expect(jobs.map((job) => job.settings)).toEqual([expect.objectContaining(settings("tables"))]);
  });

  it("are given back as they came, also those that only provider 1.132 has", async () => {
    const window = { day_of_week: "SUNDAY", start_hour: 3, timezone_id: "UTC" };
    const settings = {
      name: "new",
      parent_path: "/Workspace/alerting",
      triggers: [
        { continuous: { maintenance_window: window }, pause_status: "PAUSED" },
        { periodic: { interval: 1, unit: "DAYS" }, pause_status: "PAUSED" },
      ],
      job_clusters: [
        {
          job_cluster_key: "main",
          new_cluster: {
            spark_version: "17.3.x-scala2.13",
            num_workers: 1,
            worker_node_type_flexibility: { alternate_node_type_ids: ["a"], aws_context_id: "b" },
          },
        },
      ],
      tasks: [
        { task_key: "alert", alert_task: { alert_id: "a", parameters: { threshold: "3" } } },
        { task_key: "python", python_operator_task: { main: "m", parameters: [{ name: "n" }] } },
      ],
    };
    const { job_id } = await call<{ job_id: number }>("POST", "create", settings);
    const found = await call<{ settings: object }>("GET", `get?job_id=${job_id}`);
    expect(found.settings).toMatchObject(settings);
  });
});
