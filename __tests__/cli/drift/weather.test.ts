/** What an audit does when the workspace does not answer, and how it goes on afterwards. */
import {
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { JobsClient, tokenLogin, WorkspaceError, WorkspaceHttp } from "@jobstrata/run";
import { Audit } from "../../../src/cli/drift/audit";
import { FRESH_MS, LiveJobs } from "../../../src/cli/drift/live-jobs";
import { readCode } from "../../../src/cli/drift/read-code";
import { fakeServer, type FakeServer, refuse } from "../../run/support";
import { folderWith, freshFolder } from "../../support/synth";
import { commandLine } from "../program-support";

const BUNDLE = `bundle: { name: shop }
resources:
  jobs:
    load: { name: Load, tasks: [{ task_key: load, notebook_task: { notebook_path: /Shared/load } }] }
    seed: { name: Seed, tasks: [{ task_key: seed, notebook_task: { notebook_path: /Shared/seed } }] }
`;

const jobOf = (job_id: number, name: string, more: object = {}): object => ({
  job_id,
  creator_user_name: "ana@shop.example",
  settings: {
    name,
    queue: { enabled: true },
    deployment: { kind: "BUNDLE", metadata_file_path: "/x/metadata.json" },
    edit_mode: "UI_LOCKED",
    tasks: [
      {
        task_key: name.toLowerCase(),
        notebook_task: { notebook_path: `/Shared/${name.toLowerCase()}` },
      },
    ],
    ...more,
  },
});

describe("an audit in bad weather", () => {
  let server: FakeServer;
  /** The status of the second page; undefined if it is there. */
  let downWith: number | undefined;
  let cache: string;
  let folder: string;
  let hidden: string;
  /** The user of each token. */
  let users: Readonly<Record<string, string>>;

  beforeEach(async () => {
    downWith = undefined;
    hidden = "";
    users = { "Bearer secret-a": "ana@shop.example", "Bearer secret-b": "bob@shop.example" };
    cache = freshFolder();
    folder = folderWith({ "databricks.yml": BUNDLE });
    server = await fakeServer(({ url, headers }, response) => {
      const { pathname, searchParams } = new URL(url, "http://localhost");
      const answer = (body: object): void => {
        response.end(JSON.stringify(body));
      };
      if (pathname.endsWith("/jobs/list")) {
        if (!searchParams.has("page_token"))
          answer({ jobs: [jobOf(1, "Load", { description: "by hand" })], next_page_token: "two" });
        else if (downWith !== undefined) refuse(response, downWith);
        else answer({ jobs: [jobOf(2, "Seed")] });
      } else if (pathname.includes("/permissions/jobs/")) {
        if (hidden !== "" && pathname.endsWith(hidden)) refuse(response, 403);
        else answer({ access_control_list: [] });
      } else if (pathname.endsWith("/scim/v2/Me")) {
        const userName = users[headers.authorization ?? ""];
        if (userName === undefined) refuse(response, 403);
        else answer({ userName });
      } else refuse(response, 404);
    });
  });

  afterEach(async () => {
    await server.close();
  });

  const env = (): NodeJS.ProcessEnv => ({ JOBSTRATA_CACHE: cache });
  async function audit(live: LiveJobs): ReturnType<Audit["run"]> {
    const http = new WorkspaceHttp(tokenLogin(server.host, "t"), { budgetMs: 0, firstRetryMs: 1 });
    const options = {
      useStates: false,
      usePermissions: true,
      notes: () => undefined,
      user: (text: string) => text,
    };
    const code = { ...readCode(folder, { states: [] }), deploymentOf: undefined };
    const { deploymentOf: _, ...rest } = code;
    return new Audit(rest, new JobsClient(http), live, options).run();
  }
  const lists = (): string[] =>
    server.requests.map(({ url }) => url).filter((url) => url.includes("/jobs/list"));

  it("goes on from the page that it has reached", async () => {
    downWith = 503;
    const first = LiveJobs.open("prod", false, env());
    await expect(audit(first)).rejects.toBeInstanceOf(WorkspaceError);
    expect(first.size).toBe(1);
    first.close(true);
    const [file = ""] = readdirSync(cache);
    expect(statSync(join(cache, file)).mode & 0o777).toBe(0o600);
    // Half of a line, as a process leaves it that is killed.
    writeFileSync(join(cache, file), `${readFileSync(join(cache, file), "utf8")}{"job":{"jo`);
    downWith = undefined;
    server.requests.length = 0;

    const second = LiveJobs.open("prod", true, env());
    const report = await audit(second);
    second.close(false);

    expect(lists()).toEqual([expect.stringContaining("page_token=two")]);
    expect(report.live).toBe(2);
    expect(report.jobs.map(({ key, changes }) => [key, changes.map(({ path }) => path)])).toEqual([
      ["load", [["description"]]],
      ["seed", []],
    ]);
    expect(readdirSync(cache)).toEqual([]);
  });

  it("starts again without --resume, for other code, and after an hour", async () => {
    downWith = 503;
    const first = LiveJobs.open("prod", false, env());
    await expect(audit(first)).rejects.toBeInstanceOf(WorkspaceError);
    first.close(true);
    const [file = ""] = readdirSync(cache).map((name) => join(cache, name));
    expect(LiveJobs.open("dev", true, env()).size).toBe(0);
    const old = new Date(Date.now() - FRESH_MS - 1000);
    utimesSync(file, old, old);
    expect(LiveJobs.open("prod", true, env()).size).toBe(0);
  });

  it("starts again an hour after the first start, however often it has gone on since", async () => {
    downWith = 503;
    const began = Date.now() - FRESH_MS - 1000;
    const first = LiveJobs.open("prod", false, env(), began);
    await expect(audit(first)).rejects.toBeInstanceOf(WorkspaceError);
    first.close(true);
    expect(LiveJobs.open("prod", true, env()).size).toBe(0);
  });

  it.each(["\0\0\0\n", "[]\n", '{"next": \n'])("reads again what follows the line %j", (damage) => {
    const first = LiveJobs.open("prod", false, env());
    first.add({ job_id: 1, settings: { name: "Load" } });
    first.endPage("two");
    first.close(true);
    const [file = ""] = readdirSync(cache).map((name) => join(cache, name));
    const late = JSON.stringify({ job: { job_id: 2, settings: { name: "Seed" } } });
    writeFileSync(file, `${readFileSync(file, "utf8")}${damage}${late}\n`);

    const second = LiveJobs.open("prod", true, env());
    expect([...second.summaries()].map(({ name }) => name)).toEqual(["Load"]);
    expect(second.next).toBe("two");
    second.add({ job_id: 3, settings: { name: "Report" } });
    expect(second.job("3")?.settings?.name).toBe("Report");
    second.close(false);
  });

  describe("with --resume", () => {
    const drift = (token: string) =>
      commandLine(["drift", folder, "--resume", "--no-permissions"], {
        cwd: folder,
        env: {
          PATH: process.env.PATH,
          HOME: folder,
          JOBSTRATA_CACHE: cache,
          DATABRICKS_HOST: server.host,
          DATABRICKS_TOKEN: token,
        },
      });
    beforeEach(async () => {
      downWith = 403;
      const { stderr } = await drift("secret-a");
      expect(stderr).toContain("; --resume continues from here\n");
      downWith = undefined;
      server.requests.length = 0;
    });

    it("goes on with what the same user has read", async () => {
      const { stderr } = await drift("secret-a");
      expect(stderr).not.toMatch(/resume/);
      expect(lists()).toEqual([expect.stringContaining("page_token=two")]);
      expect(readdirSync(cache)).toEqual([]);
    });

    it("starts from the beginning for another user, and leaves what the first one has read", async () => {
      const { stderr } = await drift("secret-b");
      expect(stderr).toContain(
        "Nothing to resume: bob@shop.example has no audit that was interrupted in the last hour; starting from the beginning\n",
      );
      expect(lists()).toHaveLength(2);
      const [kept = "", ...others] = readdirSync(cache);
      expect(others).toEqual([]);
      expect(readFileSync(join(cache, kept), "utf8")).not.toContain("secret");
    });
  });

  it("keeps nothing where there is no cache", () => {
    const live = LiveJobs.open("prod", false, { JOBSTRATA_CACHE: "off" });
    expect(live.isKept).toBe(false);
    live.add({ job_id: 1, settings: { name: "Load" } });
    expect(live.job("1")?.settings?.name).toBe("Load");
    live.close(true);
    expect(existsSync(cache)).toBe(true);
    expect(readdirSync(cache)).toEqual([]);
  });

  it("says that permissions may not be read, and compares the rest", async () => {
    hidden = "/2";
    const live = LiveJobs.open("prod", false, env());
    const report = await audit(live);
    live.close(false);
    expect(report.jobs.map(({ key, isHidden }) => [key, isHidden])).toEqual([
      ["load", undefined],
      ["seed", true],
    ]);
  });
});
