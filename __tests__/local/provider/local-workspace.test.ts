/**
 * The stand-in provider in the local workspace, under the real CLI: what it asks, and what it keeps in the state, which
 * the genuine provider has to find as it would have written it.
 */
import { startProvider } from "../../../src/local/provider";
import { PROVIDER_VERSIONS, type ProviderVersion } from "../../../src/local/provider/version";
import { RequestRecorder } from "../../support/recorded-requests";
import { type Client, startClient, stopAll } from "../support";
import { CLIS, Folder } from "./terraform";

const [cli = ""] = CLIS;
const entry = (who: object, permission_level: string): object => ({ ...who, permission_level });
const users = { group_name: "users" };

/** One of everything beside a job, of which the other tests have every argument. */
const RESOURCES = {
  databricks_directory: { alerting: { path: "/Shared/alerting" } },
  databricks_notebook: {
    tables: {
      path: "${databricks_directory.alerting.path}/tables",
      language: "PYTHON",
      content_base64: Buffer.from("print(1)").toString("base64"),
    },
  },
  databricks_workspace_file: {
    readme: {
      path: "${databricks_directory.alerting.path}/README.md",
      content_base64: Buffer.from("# Alerting").toString("base64"),
    },
  },
  databricks_job: {
    tables: {
      name: "alerting_tables_job",
      task: [
        {
          task_key: "tables",
          notebook_task: { notebook_path: "${databricks_notebook.tables.path}" },
          email_notifications: [{ on_failure: ["ada@example.com"] }],
        },
      ],
    },
  },
  databricks_secret_scope: {
    alerting: { name: "alerting" },
    shared: { name: "shared", initial_manage_principal: "users" },
  },
  databricks_secret: {
    webhook: {
      scope: "${databricks_secret_scope.alerting.name}",
      key: "webhook",
      string_value: "hush",
    },
  },
  databricks_secret_acl: {
    users: {
      scope: "${databricks_secret_scope.alerting.name}",
      principal: "users",
      permission: "READ",
    },
  },
  databricks_permissions: {
    job: {
      job_id: "${databricks_job.tables.id}",
      access_control: [
        entry({ group_name: "analysts" }, "CAN_VIEW"),
        entry({ user_name: "ada@example.com" }, "CAN_MANAGE"),
      ],
    },
    notebook: {
      notebook_path: "${databricks_notebook.tables.path}",
      access_control: [entry(users, "CAN_RUN")],
    },
    directory: {
      directory_id: "${databricks_directory.alerting.object_id}",
      access_control: [entry(users, "CAN_EDIT")],
    },
    file: {
      workspace_file_path: "${databricks_workspace_file.readme.path}",
      access_control: [entry(users, "CAN_READ")],
    },
    warehouse: {
      sql_endpoint_id: "10ca10ca10ca10ca",
      access_control: [entry(users, "CAN_USE")],
    },
  },
};

const DATA = {
  databricks_directory: { alerting: { path: "${databricks_directory.alerting.path}" } },
  databricks_jobs: {
    alerting: { job_name_contains: "ALERTING", depends_on: ["databricks_job.tables"] },
    by_id: { key: "id", depends_on: ["databricks_job.tables"] },
  },
};

(cli === "" ? describe.skip : describe)("the stand-in provider in the local workspace", () => {
  let close: () => Promise<void>;
  afterEach(async () => {
    await close();
    await stopAll();
  });

  /** A workspace of its own, and a folder with one configuration for it. */
  async function start(version: ProviderVersion, configuration: object): Promise<Started> {
    const client = await startClient();
    const { host, token } = client.workspace;
    const provider = await startProvider({ version });
    const folder = new Folder(cli, provider.env, host);
    const recorder = new RequestRecorder(host);
    close = async () => {
      recorder.stop();
      folder.remove();
      await provider.stop();
    };
    const configure = (body: object): void => {
      folder.configure(body, { host, token });
    };
    configure(configuration);
    await folder.ok("init");
    return { client, folder, recorder, configure };
  }

  it.each(PROVIDER_VERSIONS)(
    "deploys what %s has, finds nothing to do, and takes it back",
    async (version) => {
      const { client, folder, recorder } = await start(version, {
        resource: RESOURCES,
        data: DATA,
      });
      await folder.apply();
      expect(await folder.plan()).toEqual([]);

      const { jobs } = await client.ok("GET", "/api/2.2/jobs/list");
      const id = String(jobs[0].job_id);
      const [job, permissions, secret, scope, acl, found, byId] = await folder.states(
        "databricks_job.tables",
        "databricks_permissions.job",
        "databricks_secret.webhook",
        "databricks_secret_scope.alerting",
        "databricks_secret_acl.users",
        "data.databricks_jobs.alerting",
        "data.databricks_jobs.by_id",
      );
      const workspace = version === "1.132" ? [{ workspace_id: "1000000000" }] : undefined;
      // What is not configured is as the plan had it: null, not an empty collection.
      expect(job).toMatchObject({
        tags: null,
        provider_config: workspace ?? [],
        task: [
          {
            notebook_task: [{ base_parameters: null }],
            email_notifications: [{ on_failure: ["ada@example.com"], on_start: null }],
          },
        ],
      });
      // In a set nothing is null, which also decides its order.
      const none = { group_name: "", service_principal_name: "", user_name: "" };
      expect(permissions).toMatchObject({
        id: `/jobs/${id}`,
        object_type: "job",
        access_control: [
          { ...none, user_name: "ada@example.com", permission_level: "CAN_MANAGE" },
          { ...none, group_name: "analysts", permission_level: "CAN_VIEW" },
        ],
      });
      expect(secret).toEqual({
        id: "alerting|||webhook",
        scope: "alerting",
        key: "webhook",
        string_value: "hush",
        config_reference: "{{secrets/alerting/webhook}}",
        last_updated_timestamp: expect.any(Number),
        ...(workspace && { provider_config: workspace }),
      });
      expect(scope).toMatchObject({
        id: "alerting",
        backend_type: "DATABRICKS",
        initial_manage_principal: null,
        keyvault_metadata: [],
      });
      expect(acl).toMatchObject({ id: "alerting|||users", permission: "READ" });
      expect(found).toEqual({
        id: "_",
        ids: { alerting_tables_job: id },
        job_name_contains: "ALERTING",
        key: "name",
        provider_config: workspace ?? null,
      });
      expect(byId).toMatchObject({ ids: { [id]: id }, key: "id" });

      await folder.ok("destroy", "-auto-approve");
      expect(await client.ok("GET", "/api/2.0/secrets/scopes/list")).toEqual({});
      expect(recorder.refused).toEqual([]);
      expect(recorder.asked).toContain("PUT /api/2.0/permissions/directories/*");
    },
  );

  it("replaces a secret with a new value, and recreates a missing one", async () => {
    const { databricks_secret, databricks_secret_scope } = RESOURCES;
    const secrets = (string_value: string): object => ({
      databricks_secret_scope,
      databricks_secret: { webhook: { ...databricks_secret.webhook, string_value } },
    });
    const { client, folder, configure } = await start("1.99", { resource: secrets("hush") });
    await folder.apply();
    configure({ resource: secrets("hush, now") });
    expect(await folder.plan()).toMatchObject([
      { address: "databricks_secret.webhook", actions: "delete,create" },
    ]);
    await folder.ok("apply", "plan");
    const secret = await client.ok("GET", "/api/2.0/secrets/get?scope=alerting&key=webhook");
    expect(Buffer.from(secret.value, "base64").toString()).toBe("hush, now");
    await client.ok("POST", "/api/2.0/secrets/scopes/delete", { scope: "alerting" });
    expect(await folder.plan()).toMatchObject([
      { address: "databricks_secret.webhook", actions: "create" },
      { address: "databricks_secret_scope.alerting", actions: "create" },
    ]);
  });

  it.each<[string, object, string]>([
    [
      "a key vault",
      { keyvault_metadata: { resource_id: "x", dns_name: "y" } },
      "keyvault_metadata",
    ],
    ["a bad name", { name: "a b" }, 'invalid name "a b"'],
  ])("refuses a secret scope with %s", async (_, more, message) => {
    expect(await refused("databricks_secret_scope", { name: "x", ...more })).toContain(message);
  });

  it.each<[string, object, string]>([
    [
      "an object of another workspace",
      { directory_id: "1", provider_config: { workspace_id: "7" } },
      "workspace_id mismatch",
    ],
    [
      "a folder with a level of jobs",
      { directory_id: "1", access_control: [entry(users, "CAN_VIEW")] },
      "allowed levels: CAN_EDIT",
    ],
    ["objects that are not here", { cluster_id: "1" }, "cluster_id is not supported"],
    ["a path that is not there", { notebook_path: "/no" }, "cannot load path /no"],
  ])("refuses permissions of %s", async (_, object, message) => {
    const body = { access_control: [entry(users, "CAN_READ")], ...object };
    expect(await refused("databricks_permissions", body)).toContain(message);
  });

  /** What an apply of one resource says. */
  async function refused(type: string, body: object): Promise<string> {
    const { folder } = await start("1.132", { resource: { [type]: { one: body } } });
    const { code, text } = await folder.run("apply", "-auto-approve");
    expect(code).toBe(1);
    return text.replace(/\s+/g, " ");
  }
});

interface Started {
  readonly client: Client;
  readonly folder: Folder;
  readonly recorder: RequestRecorder;
  /** Replaces the configuration. */
  readonly configure: (body: object) => void;
}
