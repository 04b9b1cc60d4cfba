import { join } from "node:path";
import { type LocalWorkspace, startLocalWorkspace } from "../../src/local";
import { describeWithEngine, sharedEngine } from "../support/engine";
import { RequestRecorder } from "../support/recorded-requests";
import { run } from "./support/processes";

const SUPPORT = join(__dirname, "support");

describeWithEngine("the official Python SDK", () => {
  let workspace: LocalWorkspace;

  beforeAll(async () => {
    await sharedEngine();
    workspace = await startLocalWorkspace({
      ephemeral: true,
      faults: {
        tasks: [
          { job: "SDK - Flaky", task_key: "first", failures: 1 },
          { job: "SDK - Waiting", failures: 1 },
        ],
      },
    });
  });

  afterAll(async () => {
    await workspace.stop();
  });

  it("uses the workspace as it uses Databricks", async () => {
    const { python } = await sharedEngine();
    const recorder = new RequestRecorder(workspace.host);
    const ended = await run([python, join(SUPPORT, "python_sdk.py")], {
      cwd: workspace.dataDir,
      env: {
        PATH: process.env.PATH,
        HOME: workspace.dataDir,
        DATABRICKS_HOST: workspace.host,
        DATABRICKS_TOKEN: workspace.token,
      },
    });

    recorder.stop();
    // The script expects these errors; anything else that is refused is a gap.
    expect(recorder.refused).toEqual([
      "400 GET /api/2.2/jobs/get",
      "400 PATCH /api/2.0/alerts/*",
      "400 POST /api/2.0/secrets/scopes/create",
      "400 POST /api/2.2/jobs/create",
      "404 GET /api/2.0/alerts/*",
      "404 GET /api/2.0/notification-destinations/*",
      "404 GET /api/2.0/secrets/get",
      "404 GET /api/2.0/workspace/get-status",
    ]);
    // It would complain here of a host that does not say how to log in.
    expect(ended.stderr).toBe("");
    expect(ended.stdout.trim().split("\n")).toEqual([
      "current user",
      "workspace upload, download, list and mkdirs",
      "jobs create, get and list",
      "jobs update and reset",
      "run now, submit, get output and list runs",
      "a job that runs a job",
      "repair",
      "cancel",
      "permissions",
      "SQL warehouses",
      "notification destinations",
      "alerts",
      "secrets",
      "delete",
    ]);
    expect(ended.code).toBe(0);
  });
});
