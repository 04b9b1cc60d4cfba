import { canonical } from "../../src/local/services/workspace/paths";
import { type Client, notebookTask, NOTEBOOK, startClient, stopAll } from "./support";

let client: Client;
beforeAll(async () => {
  client = await startClient();
});
afterAll(stopAll);

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const status = (path: string): string =>
  `/api/2.0/workspace/get-status?path=${encodeURIComponent(path)}`;

describe("workspace objects", () => {
  it("a notebook is imported once its folder exists, read back and deleted", async () => {
    const path = "/Shared/alerting/src/setup";
    const request = {
      path,
      content: base64("x = 1"),
      language: "PYTHON",
      format: "SOURCE",
      overwrite: true,
    };
    const early = await client.ask("POST", "/api/2.0/workspace/import", request);
    expect(early.status).toBe(404);
    expect(early.body).toEqual({
      error_code: "RESOURCE_DOES_NOT_EXIST",
      message: "The parent folder (/Shared/alerting/src) does not exist.",
    });
    await client.ok("POST", "/api/2.0/workspace/mkdirs", { path: "/Shared/alerting/src" });
    const imported = await client.ok("POST", "/api/2.0/workspace/import", request);
    const first = await client.ok("GET", status(path));
    expect(imported).toEqual({ object_id: first.object_id });
    expect(first).toMatchObject({ path, object_type: "NOTEBOOK", language: "PYTHON", size: 5 });
    await client.ok("POST", "/api/2.0/workspace/import", request);
    expect((await client.ok("GET", status(path))).object_id).toBe(first.object_id);
    const again = await client.ask("POST", "/api/2.0/workspace/import", {
      ...request,
      overwrite: false,
    });
    expect(again.body.error_code).toBe("RESOURCE_ALREADY_EXISTS");
    const exported = await client.ok("GET", `/api/2.0/workspace/export?path=${path}`);
    expect(exported).toEqual({ content: base64("x = 1"), file_type: "py" });
    await client.ok("POST", "/api/2.0/workspace/delete", { path });
    const gone = await client.ask("GET", status(path));
    expect(gone.status).toBe(404);
    expect(gone.body.error_code).toBe("RESOURCE_DOES_NOT_EXIST");
  });

  it("has the same object with and without /Workspace, and answers with the path as asked", async () => {
    await client.putNotebook("/Shared/one");
    const answer = await client.ok("GET", status("/Workspace/Shared/one"));
    expect(answer.path).toBe("/Workspace/Shared/one");
    expect(answer.object_id).toBe((await client.ok("GET", status("/Shared/one"))).object_id);
  });

  it("lists a folder, and deletes one that is not empty only when told to", async () => {
    await client.ok("POST", "/api/2.0/workspace/mkdirs", { path: "/Shared/list/deep" });
    await client.putNotebook("/Shared/list/b");
    await client.putNotebook("/Shared/list/a");
    await client.putNotebook("/Shared/list/deep/c");
    const { objects } = await client.ok("GET", "/api/2.0/workspace/list?path=/Shared/list");
    expect(objects.map((object: { path: string }) => object.path)).toEqual([
      "/Shared/list/a",
      "/Shared/list/b",
      "/Shared/list/deep",
    ]);
    const refused = await client.ask("POST", "/api/2.0/workspace/delete", { path: "/Shared/list" });
    expect(refused.body.error_code).toBe("DIRECTORY_NOT_EMPTY");
    await client.ok("POST", "/api/2.0/workspace/delete", { path: "/Shared/list", recursive: true });
    expect((await client.ask("GET", status("/Shared/list/deep/c"))).status).toBe(404);
  });

  it("takes a form, as the official SDKs upload files", async () => {
    const form = new FormData();
    form.set("path", "/Shared/uploaded.py");
    form.set("format", "AUTO");
    form.set("overwrite", "true");
    form.set("content", new Blob(["# Databricks notebook source\nprint(2)\n"]), "uploaded.py");
    const { host, token } = client.workspace;
    const response = await fetch(`${host}/api/2.0/workspace/import`, {
      method: "POST",
      headers: { Authorization: `Bearer ${token}` },
      body: form,
    });
    expect(response.status).toBe(200);
    expect(await client.ok("GET", status("/Shared/uploaded"))).toMatchObject({
      object_type: "NOTEBOOK",
      language: "PYTHON",
    });
  });

  it("keeps what is not a notebook as a file, even if it is empty", async () => {
    const file = { path: "/Shared/helpers.py", content: "", format: "AUTO" };
    await client.ok("POST", "/api/2.0/workspace/import", file);
    expect(await client.ok("GET", status(file.path))).toMatchObject({
      object_type: "FILE",
      size: 0,
    });
    const exported = await client.ok("GET", `/api/2.0/workspace/export?path=${file.path}`);
    expect(exported.content).toBe("");
  });

  it.each([
    [{ path: "Shared/x", content: "" }, "must be absolute"],
    [{ path: "/Shared/../x", content: "" }, '".." cannot be a part of a path'],
    [{ path: "/Shared//x", content: "" }, "cannot be a part"],
    [{ path: "/Shared/a\\..\\b", content: "" }, "cannot be a part"],
    [{ path: "/Shared/a\u0000b", content: "" }, "cannot be a part"],
    [{ path: `/Shared/${"x".repeat(256)}`, content: "" }, "must not exceed 255 bytes"],
    [{ path: "/Shared/x", content: "%%%" }, "not valid base64"],
    [{ path: "/Shared/x", content: "", format: "DBC" }, "cannot import the format DBC"],
    [{ path: "/Shared/x", content: "e30=", format: "JUPYTER" }, "is not a Jupyter notebook"],
    [{ path: "/Shared/x.ipynb", content: "eA==", format: "AUTO" }, "is not a Jupyter notebook"],
    [{ path: "/Shared/x", content: "", format: "SOURCE" }, "language is required"],
    [{ path: "/Shared/x", content: "", langauge: "PYTHON" }, 'unknown field "langauge"'],
    [
      { path: "/Shared/x", content: "A".repeat(14_000_000), language: "PYTHON" },
      "exceeds 10485760 bytes",
    ],
  ])("import refuses case %#", async (request, message) => {
    const answer = await client.ask("POST", "/api/2.0/workspace/import", request);
    expect(answer.status).toBe(400);
    expect(answer.body.message).toContain(message);
  });

  it.each([
    ["/Workspace/Users/a", "/Users/a"],
    ["/Shared/", "/Shared"],
    ["/", "/"],
    ["/Workspace", "/"],
  ])("%s is %s", (path, expected) => {
    expect(canonical(path)).toBe(expected);
  });
});

describe("permissions", () => {
  const me = "local-user@example.com";
  const levels = (acl: { all_permissions: { permission_level: string }[] }[]): string[] =>
    acl.map((entry) =>
      entry.all_permissions.map(({ permission_level }) => permission_level).join(),
    );

  it("of a job are replaced by PUT, merged by PATCH, and always have an owner", async () => {
    const job = await client.createJob({ tasks: [notebookTask("a")] });
    const path = `/api/2.0/permissions/jobs/${job}`;
    const fresh = await client.ok("GET", `${path}?`);
    expect(fresh).toMatchObject({ object_id: `/jobs/${job}`, object_type: "job" });
    const admins = {
      group_name: "admins",
      all_permissions: [
        { permission_level: "CAN_MANAGE", inherited: true, inherited_from_object: ["/jobs/"] },
      ],
    };
    expect(levels(fresh.access_control_list)).toEqual(["IS_OWNER", "CAN_MANAGE"]);
    const viewers = { group_name: "analysts", permission_level: "CAN_VIEW" };
    const refused = await client.ask("PUT", path, { access_control_list: [viewers] });
    expect(refused).toMatchObject({
      status: 400,
      body: { message: "The job must have exactly one owner." },
    });
    const put = await client.ok("PUT", path, {
      access_control_list: [viewers, { user_name: me, permission_level: "IS_OWNER" }],
    });
    expect(put.access_control_list).toEqual([
      {
        group_name: "analysts",
        all_permissions: [{ permission_level: "CAN_VIEW", inherited: false }],
      },
      {
        user_name: me,
        display_name: "Local user",
        all_permissions: [{ permission_level: "IS_OWNER", inherited: false }],
      },
      admins,
    ]);
    const patched = await client.ok("PATCH", path, {
      access_control_list: [
        { group_name: "analysts", permission_level: "CAN_MANAGE" },
        { service_principal_name: "deployer", permission_level: "IS_OWNER" },
      ],
    });
    expect(levels(patched.access_control_list)).toEqual(["CAN_MANAGE", "IS_OWNER", "CAN_MANAGE"]);
    const destroyed = await client.ok("PUT", path, {
      access_control_list: [{ user_name: me, permission_level: "IS_OWNER" }],
    });
    expect(levels(destroyed.access_control_list)).toEqual(["IS_OWNER", "CAN_MANAGE"]);
  });

  it("need one principal each, and one owner", async () => {
    const job = await client.createJob({});
    const put = async (access_control_list: object[]): Promise<string> => {
      const answer = await client.ask("PUT", `/api/2.0/permissions/jobs/${job}`, {
        access_control_list,
      });
      expect(answer.status).toBe(400);
      return answer.body.message;
    };
    expect(await put([{ permission_level: "CAN_VIEW" }])).toContain("exactly one of user_name");
    expect(await put([{ group_name: "g", permission_level: "IS_OWNER" }])).toContain(
      "A group cannot be the owner",
    );
    const owner = { permission_level: "IS_OWNER" };
    expect(
      await put([
        { user_name: "a", ...owner },
        { user_name: "b", ...owner },
      ]),
    ).toContain("exactly one owner");
  });
});

describe("what clients ask on the way", () => {
  it("SCIM Me", async () => {
    expect(await client.ok("GET", "/api/2.0/preview/scim/v2/Me")).toMatchObject({
      userName: "local-user@example.com",
      active: true,
    });
  });

  it("an endpoint that is not there is named", async () => {
    const answer = await client.ask("POST", "/api/2.2/jobs/creat");
    expect(answer.status).toBe(404);
    expect(answer.body).toEqual({
      error_code: "ENDPOINT_NOT_FOUND",
      message:
        'The local workspace has no endpoint "POST /api/2.2/jobs/creat" (did you mean "POST /api/2.2/jobs/create"?).',
    });
  });

  it("fields of a query that are not known are ignored and counted", async () => {
    const jobId = await client.createJob({ name: "a" });
    for (let count = 0; count < 2; count++)
      await client.ok("GET", `/api/2.2/jobs/get?job_id=${jobId}&jobid=2`);
    const { ignored_query_fields } = await client.ok("GET", "/local/status");
    expect(ignored_query_fields).toEqual({ "GET jobs/get?jobid": 2 });
  });

  it("a body that is not JSON is refused", async () => {
    const { host, token } = client.workspace;
    const response = await fetch(`${host}/api/2.2/jobs/create`, {
      method: "POST",
      headers: { Authorization: `Bearer ${token}` },
      body: "{",
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error_code: "MALFORMED_REQUEST" });
  });

  it("a notebook that is not there fails its task", async () => {
    const tasks = [{ task_key: "a", notebook_task: { notebook_path: "/Shared/nothing" } }];
    const run = await client.finished(await client.runNow(await client.createJob({ tasks })));
    expect(run.tasks[0].status.termination_details.code).toBe("RESOURCE_NOT_FOUND");
    expect(run.tasks[0].state.state_message).toContain(
      'Unable to access the notebook "/Shared/nothing"',
    );
    expect(NOTEBOOK).toContain("/Shared");
  });
});
