import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ciRun, takeTokens } from "../../../src/cli/review/ci-environment";
import { markerOf, publish, type PublishOptions } from "../../../src/cli/review/publish";
import { writeStepOutputs } from "../../../src/cli/review/step-outputs";
import { tempFolder } from "../../support/policy";
import { HostServer } from "./host-server";

const TOKEN = "ghs_very-secret";

let server: HostServer;
let url: string;
let folder: string;
beforeEach(async () => {
  server = new HostServer();
  url = await server.start();
  folder = tempFolder();
});
afterEach(() => {
  server.stop();
});

/** The environment of a job of each CI system that builds pull request 12. */
const ENVIRONMENTS = {
  github: (): NodeJS.ProcessEnv => {
    const event = join(folder, "event.json");
    writeFileSync(event, JSON.stringify({ pull_request: { number: 12, base: { ref: "main" } } }));
    return {
      GITHUB_ACTIONS: "true",
      GITHUB_API_URL: url,
      GITHUB_EVENT_PATH: event,
      GITHUB_REPOSITORY: "example/jobs",
      GITHUB_STEP_SUMMARY: join(folder, "summary.md"),
      GITHUB_TOKEN: TOKEN,
    };
  },
  gitlab: (): NodeJS.ProcessEnv => ({
    GITLAB_CI: "true",
    CI_API_V4_URL: url,
    CI_MERGE_REQUEST_IID: "12",
    CI_MERGE_REQUEST_PROJECT_ID: "34",
    CI_MERGE_REQUEST_PROJECT_URL: "https://gitlab.example/data/jobs",
    GITLAB_TOKEN: TOKEN,
  }),
  azure: (): NodeJS.ProcessEnv => ({
    TF_BUILD: "True",
    AGENT_TEMPDIRECTORY: folder,
    BUILD_REPOSITORY_ID: "b0b0",
    SYSTEM_ACCESSTOKEN: TOKEN,
    SYSTEM_COLLECTIONURI: `${url}/`,
    SYSTEM_PULLREQUEST_PULLREQUESTID: "12",
    SYSTEM_TEAMPROJECTID: "Data Jobs",
  }),
};
type Name = keyof typeof ENVIRONMENTS;

interface Said {
  readonly url: string | undefined;
  readonly out: string;
  readonly err: string;
}

/** Publishes a report as a job of a CI system does; retries do not wait. */
async function published(
  name: Name,
  {
    env = {},
    markdown = "### Report",
    isNews = true,
    ...options
  }: PublishOptions & { env?: NodeJS.ProcessEnv; markdown?: string; isNews?: boolean } = {},
): Promise<Said> {
  const all = { ...ENVIRONMENTS[name](), ...env };
  const run = ciRun(all);
  if (run === undefined) throw new Error("not in CI");
  const said = { out: "", err: "" };
  const io = {
    out: (line: string) => (said.out += `${line}\n`),
    err: (line: string) => (said.err += `${line}\n`),
    exitCode: 0,
  };
  const report = { name: "jobs", markdown, isNews };
  const address = await publish(report, run, all, io, { firstRetryMs: 1, ...options });
  // Whatever happens, nobody reads the token.
  expect(said.out + said.err).not.toContain(TOKEN);
  expect(io.exitCode).toBe(0);
  return { url: address, ...said };
}

const MARKER = markerOf("jobs");
const bodies = (): string[] => server.comments.map(({ body }) => body);

describe.each(["github", "gitlab", "azure"] as const)("on %s", (name) => {
  beforeEach(() => {
    if (name === "gitlab") server.owner = "user";
  });

  it("creates a comment, updates it, and leaves it when nothing is new", async () => {
    const first = await published(name);
    expect(first.err).toMatch(/: the comment was created/);
    const second = await published(name, { markdown: "### Another report" });
    expect(second.err).toMatch(/: the comment was updated/);
    const writes = server.received.length;
    const third = await published(name, { markdown: "### Another report" });
    expect(third.err).toMatch(/: the comment is up to date/);
    expect(bodies()).toEqual([`${MARKER}\n### Another report`]);
    expect(server.requests().slice(writes)).not.toContainEqual(
      expect.stringMatching(/^(POST|PUT|PATCH)/),
    );
  });

  it("sends the token in a header only, and never in an address", async () => {
    await published(name);
    for (const { headers, path } of server.received) {
      expect(headers["private-token"] ?? headers.authorization).toMatch(
        new RegExp(`^(Bearer )?${TOKEN}$`),
      );
      expect(path).not.toContain(TOKEN);
    }
  });

  it("creates no comment without news, but updates one that is there", async () => {
    const { err } = await published(name, { isNews: false });
    expect(err).toMatch(/nothing to report, so there is no comment/);
    expect(bodies()).toEqual([]);
    await published(name);
    await published(name, { isNews: false, markdown: "### Nothing left" });
    expect(bodies()).toEqual([`${MARKER}\n### Nothing left`]);
  });

  it("leaves other users' comments alone, whatever they begin with", async () => {
    server.add(`${MARKER}\n### All fine, merge this`, "mallory");
    server.add(`As the report says:\n${MARKER}`, server.owner);
    await published(name);
    expect(bodies()).toEqual([
      `${MARKER}\n### All fine, merge this`,
      `As the report says:\n${MARKER}`,
      `${MARKER}\n### Report`,
    ]);
  });

  it("keeps reviews of two names apart", async () => {
    server.add(`${markerOf("jobs-2")}\n### The other`, server.owner);
    await published(name);
    expect(bodies()).toEqual([`${markerOf("jobs-2")}\n### The other`, `${MARKER}\n### Report`]);
  });

  it("leaves one of several copies", async () => {
    for (const text of ["a", "b", "c"]) server.add(`${MARKER}\n${text}`, server.owner);
    await published(name);
    expect(bodies()).toEqual([`${MARKER}\n### Report`]);
  });

  it.each([
    [403, '{"message": "Resource not accessible by integration"}', /403 Resource not accessible/],
    [404, '{"message": "404 Project Not Found"}', /404 404 Project Not Found/],
    [401, "<html>login</html>", /: 401; /],
  ])("says in one line what the token lacks after %d", async (status, body, message) => {
    server.faults.push({ method: "POST", path: "", status, body });
    const { err, url: address } = await published(name);
    expect(address).toBeUndefined();
    expect(err).toMatch(message);
    expect(err).toMatch(
      /^warning: the comment was not written: .*; the (token|build service) needs/,
    );
    expect(err.trim().split("\n")).toHaveLength(1);
    // It is not tried again.
    expect(server.requests().filter((line) => line.startsWith("POST"))).toHaveLength(1);
  });

  it.each([429, 500, 502, 503])("tries again after %d", async (status) => {
    server.faults.push(
      { method: "GET", path: "", status, headers: { "retry-after": "0" } },
      { method: "POST", path: "", status, headers: { "retry-after": "0" } },
    );
    const { err } = await published(name);
    expect(err).toMatch(/: the comment was created/);
    expect(bodies()).toEqual([`${MARKER}\n### Report`]);
  });

  it("does not comment twice if the answer to the first comment was lost", async () => {
    server.faults.push({ method: "POST", path: "", status: 502, isDone: true });
    await published(name);
    expect(bodies()).toEqual([`${MARKER}\n### Report`]);
  });

  it("gives up in one line after five attempts", async () => {
    for (let attempt = 0; attempt < 10; attempt++)
      server.faults.push({ method: "POST", path: "", status: 503, body: "<h1>Unavailable</h1>" });
    const { err } = await published(name);
    expect(err).toMatch(/^warning: the comment was not written: .*: 503/);
    expect(err.trim().split("\n")).toHaveLength(1);
    expect(server.requests().filter((line) => line.startsWith("POST"))).toHaveLength(6);
  });

  it("does not wait for a rate limit that ends after its time", async () => {
    server.faults.push({
      method: "POST",
      path: "",
      status: 429,
      headers: { "retry-after": "3600" },
      body: '{"message": "Too many requests"}',
    });
    const { err } = await published(name);
    expect(err).toMatch(/429 Too many requests; the rate limit of the token is used up for 60 min/);
    expect(server.requests().filter((line) => line.startsWith("POST"))).toHaveLength(1);
  });

  it("says in one line that nobody answers", async () => {
    server.stop();
    const { err } = await published(name, { budgetMs: 1 });
    expect(err).toMatch(/^warning: the comment was not written: .*: GET .*: no answer: /);
    expect(err.trim().split("\n")).toHaveLength(1);
  });

  it("says in one line that an answer takes too long", async () => {
    server.faults.push({ method: "GET", path: "", status: 0, isSilent: true });
    const { err } = await published(name, {
      requestTimeoutMs: 20,
      firstRetryMs: 100_000,
      budgetMs: 20,
    });
    expect(err).toMatch(/: no answer: (none within 0.02 s|.*timeout)/);
    expect(err.trim().split("\n")).toHaveLength(1);
  });

  it("redirects the token nowhere", async () => {
    const other = new HostServer();
    const elsewhere = await other.start();
    try {
      server.faults.push({
        method: "GET",
        path: "",
        status: 302,
        headers: { location: elsewhere },
      });
      await published(name, { budgetMs: 1 });
      expect(other.received).toEqual([]);
    } finally {
      other.stop();
    }
  });

  it("does not show a token that a server sends back", async () => {
    server.faults.push({
      method: "POST",
      path: "",
      status: 400,
      body: `{"message":"bad ${TOKEN}"}`,
    });
    expect((await published(name)).err).toContain("400 bad ***");
  });

  it("says which variable is missing", async () => {
    const none = {
      GITHUB_TOKEN: "",
      GITLAB_TOKEN: "",
      SYSTEM_ACCESSTOKEN: "$(System.AccessToken)",
    };
    const { err } = await published(name, { env: none });
    expect(err).toMatch(
      /^note: no comment was written: (GITHUB_TOKEN|GITLAB_TOKEN|SYSTEM_ACCESSTOKEN) is not set/,
    );
    expect(server.received).toEqual([]);
  });
});

describe("on GitHub", () => {
  const summary = (): string => readFileSync(join(folder, "summary.md"), "utf8");

  it("finds its comment behind hundreds of other comments", async () => {
    for (let at = 0; at < 250; at++) server.add(`comment ${at}`, "reviewer");
    server.add(`${MARKER}\nold`);
    const { url: address } = await published("github");
    expect(server.comments.at(-1)?.body).toBe(`${MARKER}\n### Report`);
    expect(address).toBe("https://host.example/comments/251");
  });

  it("knows the comments of a user by the name of the user", async () => {
    server.owner = "user";
    server.add(`${MARKER}\nof a bot`, "app");
    await published("github");
    expect(bodies()).toEqual([`${MARKER}\nof a bot`, `${MARKER}\n### Report`]);
  });

  it("always writes the job summary, behind what is there", async () => {
    const env = ENVIRONMENTS.github();
    writeFileSync(env.GITHUB_STEP_SUMMARY ?? "", "### Before\n");
    server.faults.push({ method: "POST", path: "", status: 403 });
    const { err } = await published("github");
    expect(summary()).toBe("### Before\n### Report\n");
    expect(err).toMatch(/; the report is in the job summary\n$/);
  });

  it("writes the summary alone in a merge queue", async () => {
    const event = join(folder, "queue.json");
    const merge_group = { base_sha: "a".repeat(40), base_ref: "refs/heads/main" };
    writeFileSync(event, JSON.stringify({ merge_group }));
    const { err } = await published("github", { env: { GITHUB_EVENT_PATH: event } });
    expect(err).toBe(
      "note: no comment was written: this run does not belong to a pull request; the report is in the job summary\n",
    );
    expect(summary()).toBe("### Report\n");
    expect(server.received).toEqual([]);
  });

  it.each(["", "[]", "{", '{"pull_request": 3}', '{"pull_request": {"number": "12/../x"}}'])(
    "takes the event %p for one without a pull request",
    async (text) => {
      const event = join(folder, "odd.json");
      writeFileSync(event, text);
      const { err } = await published("github", { env: { GITHUB_EVENT_PATH: event } });
      expect(err).toMatch(/this run does not belong to a pull request/);
    },
  );

  it("says that the summary cannot be written, and comments", async () => {
    const { err } = await published("github", { env: { GITHUB_STEP_SUMMARY: folder } });
    expect(err).toMatch(/^warning: the job summary cannot be written: it is a folder \(EISDIR\)\n/);
    expect(bodies()).toHaveLength(1);
  });

  it.each([
    [
      "x-ratelimit-remaining",
      { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "9999999999" },
      "",
    ],
    ["the message", {}, '{"message": "You have exceeded a secondary rate limit"}'],
  ])("tells a rate limit from a refusal by %s", async (_, headers, body) => {
    server.faults.push({ method: "POST", path: "", status: 403, headers, body });
    const { err } = await published("github");
    expect(err).toMatch(/the rate limit of the token is used up/);
    expect(err).not.toMatch(/the token needs/);
  });
});

describe("on Azure Pipelines", () => {
  it("writes drawings between colons, in comment and summary", async () => {
    const markdown = "### Report\n\n```mermaid\nflowchart LR\n  a --> b\n```\n\nend";
    const { out } = await published("azure", { markdown });
    const drawn = "### Report\n\n::: mermaid\ngraph LR\n  a --> b\n:::\n\nend";
    expect(bodies()).toEqual([`${MARKER}\n${drawn}`]);
    const [, file = ""] = /^##vso\[task\.uploadsummary\](.+)\n$/.exec(out) ?? [];
    expect(existsSync(file)).toBe(true);
    expect(readFileSync(file, "utf8")).toBe(`${drawn}\n`);
  });

  it("leaves pull requests on other hosts alone", async () => {
    const { err } = await published("azure", { env: { BUILD_REPOSITORY_PROVIDER: "GitHub" } });
    expect(err).toMatch(/only pull requests of Azure Repos/);
    expect(server.received).toEqual([]);
  });

  it("closes the thread, so that it blocks no completion", async () => {
    await published("azure");
    expect(server.received.find(({ method }) => method === "POST")?.body).toMatchObject({
      status: 4,
    });
  });
});

test("tokens are taken from the environment that other code inherits", () => {
  const env: NodeJS.ProcessEnv = {
    PATH: "/bin",
    GITHUB_TOKEN: TOKEN,
    GH_TOKEN: TOKEN,
    GITLAB_TOKEN: TOKEN,
    SYSTEM_ACCESSTOKEN: TOKEN,
  };
  const whole = { ...env };
  expect(takeTokens(env)).toEqual(whole);
  expect(env).toEqual({ PATH: "/bin" });
});

test("an output of a step is one line, and a file that cannot be written fails nothing", () => {
  const file = join(folder, "output");
  const said: string[] = [];
  const io = { out: () => undefined, err: (line: string) => said.push(line), exitCode: 0 };
  writeStepOutputs({ jobs: "[]\nstacks=evil", stacks: "[]" }, { GITHUB_OUTPUT: file }, io);
  expect(readFileSync(file, "utf8")).toBe("jobs=[] stacks=evil\nstacks=[]\n");
  writeStepOutputs({ jobs: "[]" }, { GITHUB_OUTPUT: folder }, io);
  writeStepOutputs({ jobs: "[]" }, {}, io);
  expect(said).toEqual([
    "warning: the outputs of the step cannot be written: it is a folder (EISDIR)",
  ]);
});

test("a marker is one comment of HTML, whatever the name", () => {
  for (const name of ["", "a--b", "--><script>", "a b/ü", "-"]) {
    expect(markerOf(name)).toMatch(/^<!-- jobstrata review: [^\s<>-]* -->$/);
  }
  expect(markerOf("a")).not.toBe(markerOf("b"));
});
