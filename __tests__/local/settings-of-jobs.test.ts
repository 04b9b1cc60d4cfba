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
});
