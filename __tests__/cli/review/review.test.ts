import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { checkReadings } from "../../../src/cli/check/findings";
import { movedReading } from "../../../src/cli/graph/relocation";
import type { ChangedDocument, ChangedJob } from "../../../src/cli/changed/document";
import { affectedJobs, testCommand } from "../../../src/cli/review/compare";
import { compareFindings } from "../../../src/cli/review/review";
import { readPath } from "../../../src/cli/sources/path";
import type { CheckedFinding, CheckReport } from "../../../src/core/model/check-report";
import type { Reading } from "../../../src/core/readers";
import type { Ended } from "../../e2e/support/processes";
import { ROOT } from "../../e2e/support/processes";
import { git } from "../../support/git";
import { tempFolder } from "../../support/policy";
import { commandLine } from "../program-support";

const GIT_ENV = { PATH: process.env.PATH, HOME: tempFolder(), GIT_CONFIG_NOSYSTEM: "1" };

function commit(folder: string, message = "x"): string {
  git(folder, "add", "-A");
  git(folder, "commit", "-qm", message);
  return git(folder, "rev-parse", "HEAD");
}

let template: string | undefined;

/** A repository with the bundle of three layers. */
function repository(): string {
  if (template === undefined) {
    template = tempFolder();
    git(template, "init", "-q", "-b", "main");
    cpSync(join(ROOT, "__tests__", "fixtures", "three-layer-bundle"), template, {
      recursive: true,
    });
    commit(template);
  }
  const folder = tempFolder();
  cpSync(template, folder, { recursive: true });
  return folder;
}

function change(file: string, from: string | RegExp, to: string): void {
  const text = readFileSync(file, "utf8");
  expect(text).toMatch(from);
  writeFileSync(file, text.replace(from, to));
}

const silver = (folder: string): string => join(folder, "resources", "silver.yml");
/** Takes the tag of an atomic job away, which is an error. */
const untag = (folder: string): void => {
  change(silver(folder), "job_level: atomic, layer", "layer");
};
const rewire = (folder: string): void => {
  change(silver(folder), "jobs.silver_orders.id", "jobs.bronze_orders.id");
};

function review(
  folder: string,
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  return commandLine(["review", ...args], { cwd: folder, env: { ...GIT_ENV, ...env } });
}

interface ReviewJson {
  readonly since: string | null;
  readonly from: { readonly commit?: string } | null;
  readonly problems: readonly string[];
  readonly findings: {
    readonly new: readonly { readonly rule: string }[];
    readonly fixed: readonly { readonly rule: string }[];
    readonly known: number;
  };
  readonly environments: readonly {
    readonly jobs: readonly { readonly job: string; readonly state: string }[];
  }[];
  readonly exit_code: number;
}

async function reviewJson(
  folder: string,
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<ReviewJson & { readonly code: number; readonly err: string }> {
  const { stdout, stderr, code } = await review(folder, [...args, "--format", "json"], env);
  return { ...(JSON.parse(stdout) as ReviewJson), code: code ?? -1, err: stderr };
}

const rules = (found: readonly { readonly rule: string }[]): string[] =>
  found.map(({ rule }) => rule);
const states = ({ environments }: ReviewJson): Record<string, string> =>
  Object.fromEntries(
    environments.flatMap(({ jobs }) => jobs.map(({ job, state }) => [job, state])),
  );

describe("a bundle in git", () => {
  it("reports what changes, findings that are new, and what would run", async () => {
    const folder = repository();
    rewire(folder);
    untag(folder);
    const { code, stdout, stderr } = await review(folder);
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    const drawing = /```mermaid\n[\s\S]*?\n```/;
    expect(stdout).toMatch(drawing);
    const head = git(folder, "rev-parse", "--short=12", "HEAD");
    const shown = stdout.replace(drawing, "(drawing)").replace(head, "(commit)");
    expect(shown).toMatchInlineSnapshot(`
     "### jobstrata: 2 jobs changed, 1 new error

     #### Hierarchy: 2 jobs changed

     - \`dev\`, \`prod\`: 2 jobs changed (6 jobs in all), since \`HEAD\`

     - ⚠️ no job runs \`silver_orders\` any more (\`silver_refresh\` did)

     As drawn for \`dev\`:

     (drawing)

     <details><summary>All changes</summary>

     - ✏️ \`silver_orders\`
       - ➖ \`tags.job_level\`: \`"atomic"\`
     - ✏️ \`silver_refresh\` composite
       - ✏️ task \`clean_orders\`
         - ✏️ \`runs\`: \`silver_orders\` → \`bronze_orders\`
     - ⚠️ no job runs \`silver_orders\` any more (\`silver_refresh\` did)

     </details>

     #### 1 new finding

     | | Rule | Where | What | Fix |
     |---|---|---|---|---|
     | ❌ | job-level-tag (dev, prod) | resources/silver.yml:3:5<br>silver\\_orders | job "silver\\_orders" has no tag job\\_level | tag it job\\_level: atomic |

     #### Would run: 3 of 6 jobs

     | Job | | Why |
     |---|---|---|
     | silver\\_orders | changed | tags.job\\_level: "atomic" |
     | silver\\_refresh | changed | task clean\\_orders: runs: silver\\_orders → bronze\\_orders |
     | nightly\\_refresh | affected | runs silver\\_refresh |

     Stacks: \`lakehouse\`
     "
    `);
  });

  it("says so if nothing changes", async () => {
    const { code, stdout } = await review(repository());
    expect(code).toBe(0);
    expect(stdout).toMatch(/^### jobstrata: no changes, no new findings\n/);
  });

  it("names the command that tests the jobs of an app", () => {
    const job: ChangedJob = {
      job: "load",
      id: "load",
      state: "modified",
      stack: "shop-dev",
      reasons: [],
    };
    const document: ChangedDocument = {
      version: 1,
      from: { kind: "cdktf", path: "cdktf.out", commit: "1c2f".repeat(10) },
      to: { kind: "cdktf", path: "cdktf.out" },
      complete: true,
      problems: [],
      summary: { modified: 1, new: 0, removed: 0, downstream: 0, unchanged: 0 },
      stacks: ["shop-dev"],
      environments: [{ environment: "dev", jobs: [job] }],
    };
    expect(testCommand(document)).toBe(
      "npx jobstrata test -t dev --select state:modified+ --state 1c2f1c2f1c2f",
    );
    // The jobs of a bundle cannot be found in a workspace by their keys.
    expect(testCommand({ ...document, to: { kind: "bundle", path: "." } })).toBeUndefined();
  });

  it("fails on new findings alone, unless all are asked for", async () => {
    const folder = repository();
    untag(folder);
    commit(folder);
    rewire(folder);
    const found = await reviewJson(folder);
    expect(found).toMatchObject({ code: 0, exit_code: 0, findings: { new: [], known: 1 } });
    expect((await review(folder)).stdout).toContain("1 finding already existed.");
    expect((await review(folder, ["--findings", "all"])).code).toBe(1);
    const fresh = await review(folder, ["--format", "github"]);
    expect(fresh.stdout).not.toContain("::error");
    expect(fresh.stderr).toBe("note: 1 finding of the base not shown; --findings all shows all\n");
    const all = await review(folder, ["--format", "github", "--findings", "all"]);
    expect(all.stdout).toContain("::error file=resources/silver.yml");
  });

  it("judges the base with the files and the configuration of the base", async () => {
    const folder = repository();
    const notebook = join(folder, "src", "silver", "clean_orders.py");
    const text = readFileSync(notebook, "utf8");
    rmSync(notebook);
    untag(folder);
    writeFileSync(join(folder, "jobstrata.config.yaml"), "rules: { job-level-tag: off }\n");
    commit(folder);
    writeFileSync(notebook, text);
    rmSync(join(folder, "jobstrata.config.yaml"));
    const { findings, code } = await reviewJson(folder);
    expect(rules(findings.fixed)).toEqual(["notebook-file"]);
    expect(rules(findings.new)).toEqual(["job-level-tag"]);
    expect(code).toBe(1);
  });

  it("reviews a bundle below the root, and from a folder below the root", async () => {
    const folder = tempFolder();
    cpSync(repository(), join(folder, "lakehouse"), { recursive: true });
    rmSync(join(folder, "lakehouse", ".git"), { recursive: true });
    git(folder, "init", "-q", "-b", "main");
    untag(join(folder, "lakehouse"));
    commit(folder);
    rewire(join(folder, "lakehouse"));
    for (const [cwd, path] of [
      [folder, "lakehouse"],
      [join(folder, "lakehouse"), "."],
    ] as const) {
      const found = await reviewJson(cwd, ["", path]);
      expect(found.findings).toMatchObject({ new: [], fixed: [], known: 1 });
      expect(states(found)).toEqual({ silver_refresh: "modified", nightly_refresh: "downstream" });
    }
  });

  it("checks the base out once, for its changes and its findings", async () => {
    const folder = repository();
    untag(folder);
    const trace = join(tempFolder(), "trace");
    const { findings } = await reviewJson(folder, [], { GIT_TRACE: trace });
    expect(rules(findings.new)).toEqual(["job-level-tag"]);
    expect(readFileSync(trace, "utf8").match(/git checkout-index/g)).toHaveLength(1);
  });

  it("judges the other bundles of a folder if one cannot be read at the base", async () => {
    const folder = tempFolder();
    for (const name of ["hr", "sales"]) {
      cpSync(repository(), join(folder, name), { recursive: true });
      rmSync(join(folder, name, ".git"), { recursive: true });
      untag(join(folder, name));
    }
    const broken = join(folder, "sales", "resources", "silver.yml");
    const text = readFileSync(broken, "utf8");
    writeFileSync(broken, "resources: [");
    git(folder, "init", "-q", "-b", "main");
    commit(folder);
    writeFileSync(broken, text);
    const { problems, findings } = await reviewJson(folder);
    expect(problems).toEqual([expect.stringMatching(/^bundle sales cannot be read at the base: /)]);
    expect(rules(findings.new).filter((rule) => rule === "job-level-tag")).toHaveLength(1);
  });

  it("says why there are no findings of the base of a bundle in another repository", async () => {
    const folder = repository();
    untag(folder);
    const { problems, findings } = await reviewJson(tempFolder(), ["", folder]);
    expect(rules(findings.new)).toEqual(["job-level-tag"]);
    expect(problems).toEqual([
      "The base cannot be checked, so every finding counts as new: the working folder is not in the repository of the bundle",
    ]);
  });

  it("compares with the common ancestor of a branch, not with what is newer there", async () => {
    const folder = repository();
    git(folder, "checkout", "-qb", "feature");
    rewire(folder);
    commit(folder);
    git(folder, "checkout", "-q", "main");
    change(join(folder, "resources", "bronze.yml"), /timeout_seconds: \d+/, "timeout_seconds: 77");
    commit(folder);
    git(folder, "checkout", "-q", "feature");
    const found = await reviewJson(folder, ["main"]);
    expect(states(found)).toEqual({ silver_refresh: "modified", nightly_refresh: "downstream" });
  });

  it("counts every finding as new if the base cannot be read, and says so", async () => {
    const folder = repository();
    untag(folder);
    commit(folder);
    const { stdout, code } = await review(folder, ["no-such-branch"]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/> ⚠️ The base cannot be read: "no-such-branch" is neither a path nor/);
    expect(stdout).toContain("#### 1 new finding");
  });

  it("counts every finding as new if the base has an invalid configuration", async () => {
    const folder = repository();
    untag(folder);
    writeFileSync(join(folder, "jobstrata.config.yaml"), "rules: { serverless: maybe }\n");
    commit(folder);
    rmSync(join(folder, "jobstrata.config.yaml"));
    const { problems, findings } = await reviewJson(folder);
    expect(rules(findings.new)).toEqual(["job-level-tag"]);
    expect(problems).toEqual([
      expect.stringMatching(
        /^The base cannot be checked, so every finding counts as new: jobstrata\.config\.yaml is not valid: .+/,
      ),
    ]);
  });

  it("compares with a folder; findings of jobs whose code differs from it count as new", async () => {
    const folder = repository();
    untag(folder);
    const base = tempFolder();
    cpSync(folder, base, { recursive: true });
    const same = await reviewJson(folder, [base]);
    expect(same.findings).toMatchObject({ new: [], fixed: [], known: 1 });
    const notebook = join(folder, "src", "silver", "clean_orders.py");
    writeFileSync(notebook, `${readFileSync(notebook, "utf8")}\nprint(1)\n`);
    const changed = await reviewJson(folder, [base]);
    expect(states(changed).silver_orders).toBe("modified");
    expect(rules(changed.findings.new)).toEqual(["job-level-tag"]);
  });

  it("finds in a base whose files are gone what it finds here, suppressed or not", async () => {
    const folder = tempFolder();
    const job = (key: string, comment: string): string =>
      `    ${key}: ${comment}
      tags: {job_level: composite}
      tasks:
        - {task_key: write, run_job_task: {job_id: "\${resources.jobs.write.id}"}}
        - {task_key: read, run_job_task: {job_id: "\${resources.jobs.read.id}"}}
`;
    const atomic = (key: string): string =>
      `    ${key}: {tags: {job_level: atomic}, tasks: [{task_key: ${key}, notebook_task: {notebook_path: ./${key}.py}}]}\n`;
    const files = {
      "databricks.yml": `resources:\n  jobs:\n${atomic("write")}${atomic("read")}${job("open", "")}${job(
        "excused",
        "# jobstrata-ignore missing-dependency: other columns",
      )}`,
      "write.py": "# Databricks notebook source\nspark.range(1).write.saveAsTable('a.b.t')\n",
      "read.py": "# Databricks notebook source\nspark.table('a.b.t')\n",
    };
    const base = join(tempFolder(), "base");
    for (const each of [folder, base]) {
      mkdirSync(each, { recursive: true });
      for (const [name, text] of Object.entries(files)) writeFileSync(join(each, name), text);
    }
    const found = async (readings: readonly Reading[]): Promise<object[]> =>
      (await checkReadings(readings, {})).findings.map(({ rule, fingerprint, suppression }) => ({
        rule,
        fingerprint,
        isOpen: suppression === undefined,
      }));
    const before = readPath(base, { targets: [] });
    rmSync(base, { recursive: true });
    const moved = before.map((each) => movedReading(each, { from: base, to: folder }));
    const here = await found(readPath(folder, { targets: [] }));
    expect(await found(moved)).toEqual(here);
    for (const isOpen of [true, false])
      expect(here).toContainEqual(expect.objectContaining({ rule: "missing-dependency", isOpen }));
  });

  it("writes reports of the whole check to files, with findings that are known", async () => {
    const folder = repository();
    untag(folder);
    commit(folder);
    const out = tempFolder();
    const files = { sarif: "a.sarif", junit: "a.xml", gitlab: "a.json", markdown: "a.md" };
    const outputs = Object.entries(files).flatMap(([format, file]) => [
      "--output",
      `${format}=${join(out, file)}`,
    ]);
    expect((await review(folder, [...outputs, "--format", "text"])).code).toBe(0);
    for (const format of ["sarif", "junit", "gitlab"] as const)
      expect(readFileSync(join(out, files[format]), "utf8")).toContain("job-level-tag");
    expect(readFileSync(join(out, files.markdown), "utf8")).toContain("### jobstrata: no changes");
  });
});

describe("in CI", () => {
  interface Origin {
    readonly folder: string;
    /** Where the feature begins. */
    readonly base: string;
    readonly feature: string;
  }
  let made: Origin | undefined;

  /** An origin whose pull request 12 is merged into a newer main, as GitHub does it. */
  function origin(): Origin {
    if (made !== undefined) return made;
    const folder = repository();
    const base = git(folder, "rev-parse", "HEAD");
    git(folder, "branch", "trunk");
    git(folder, "checkout", "-qb", "feature");
    rewire(folder);
    const feature = commit(folder);
    git(folder, "checkout", "-q", "main");
    change(join(folder, "resources", "bronze.yml"), /timeout_seconds: \d+/, "timeout_seconds: 77");
    commit(folder);
    git(folder, "checkout", "-q", "--detach");
    git(folder, "merge", "-q", "--no-ff", "-m", "merge", "feature");
    git(folder, "update-ref", "refs/pull/12/merge", "HEAD");
    git(folder, "checkout", "-q", "main");
    git(folder, "config", "uploadpack.allowReachableSHA1InWant", "true");
    return (made = { folder, base, feature });
  }

  /** As actions/checkout leaves it. */
  function shallow(from: string, ref: string): string {
    const folder = tempFolder();
    git(folder, "init", "-q");
    git(folder, "remote", "add", "origin", `file://${from}`);
    git(folder, "fetch", "-q", "--depth=1", "origin", ref);
    git(folder, "checkout", "-q", "--detach", "FETCH_HEAD");
    return folder;
  }

  function github(event: object, env: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
    const file = join(tempFolder(), "event.json");
    writeFileSync(file, JSON.stringify(event));
    return { GITHUB_ACTIONS: "true", GITHUB_EVENT_PATH: file, ...env };
  }

  const REWIRED = { silver_refresh: "modified", nightly_refresh: "downstream" };

  it("compares the merge of a pull request with what it was merged into, on a shallow clone", async () => {
    const { folder, base } = origin();
    const clone = shallow(folder, "refs/pull/12/merge");
    const event = { pull_request: { number: 12, base: { ref: "main", sha: base } } };
    const found = await reviewJson(
      clone,
      [],
      github(event, {
        GITHUB_REF: "refs/pull/12/merge",
        GITHUB_SHA: git(clone, "rev-parse", "HEAD"),
      }),
    );
    expect(states(found)).toEqual(REWIRED);
    expect(found).toMatchObject({
      problems: [],
      err: "",
      since: expect.stringMatching(/^main \(/) as string,
    });
    expect(git(clone, "rev-parse", "--is-shallow-repository")).toBe("true");
  });

  it("compares the head of a pull request with its base, on a clone with all commits", async () => {
    const { folder, feature } = origin();
    const clone = tempFolder();
    git(clone, "clone", "-q", `file://${folder}`, ".");
    const main = git(clone, "rev-parse", "origin/main");
    git(clone, "checkout", "-q", "--detach", feature);
    const event = { pull_request: { number: 12, base: { ref: "main", sha: main } } };
    const found = await reviewJson(clone, [], github(event));
    expect(states(found)).toEqual(REWIRED);
    expect(git(clone, "rev-parse", "--is-shallow-repository")).toBe("false");
  });

  it("says what a shallow clone without a common ancestor means", async () => {
    const { folder, feature } = origin();
    const main = git(folder, "rev-parse", "main");
    const clone = shallow(folder, feature);
    const event = { pull_request: { number: 12, base: { ref: "main", sha: main } } };
    const { problems } = await reviewJson(clone, [], github(event));
    expect(problems).toEqual([expect.stringMatching(/no common ancestor in this shallow clone/)]);
  });

  it.each([
    ["a merge queue", "merge_group", (sha: string) => ({ merge_group: { base_sha: sha } })],
    ["a push", "push", (sha: string) => ({ before: sha })],
  ])("compares %s with where it begins", async (_, __, event) => {
    const { folder, base, feature } = origin();
    const found = await reviewJson(shallow(folder, feature), [], github(event(base)));
    expect(states(found)).toEqual(REWIRED);
    expect(found.problems).toEqual([]);
  });

  it("compares the first push of a branch with the default branch", async () => {
    const { folder, feature } = origin();
    const event = { before: "0".repeat(40), repository: { default_branch: "trunk" } };
    const found = await reviewJson(shallow(folder, feature), [], github(event));
    expect(states(found)).toEqual(REWIRED);
  });

  it.each([
    ["merge requests", { CI_MERGE_REQUEST_EVENT_TYPE: "detached" }],
    ["branches", { CI_MERGE_REQUEST_IID: "" }],
  ])("takes the base of %s from GitLab", async (_, env) => {
    const { folder, base, feature } = origin();
    const found = await reviewJson(shallow(folder, feature), [], {
      GITLAB_CI: "true",
      CI_COMMIT_BEFORE_SHA: base,
      CI_MERGE_REQUEST_DIFF_BASE_SHA: base,
      CI_MERGE_REQUEST_IID: "12",
      CI_MERGE_REQUEST_TARGET_BRANCH_NAME: "main",
      ...env,
    });
    expect(states(found)).toEqual(REWIRED);
  });

  it("does not take a merge that the author has made for that of the host", async () => {
    const { folder, base } = origin();
    const clone = tempFolder();
    git(clone, "clone", "-q", `file://${folder}`, ".");
    git(clone, "checkout", "-q", "--detach", "origin/feature");
    git(clone, "merge", "-q", "--no-ff", "-m", "merge", "origin/main");
    const main = git(clone, "rev-parse", "origin/main");
    const event = { pull_request: { number: 12, base: { ref: "main", sha: main } } };
    const env = { GITHUB_REF: "refs/pull/12/merge", GITHUB_SHA: base };
    const found = await reviewJson(clone, [], github(event, env));
    expect(states(found)).toEqual(REWIRED);
  });

  it("takes the target of a merge from Azure Pipelines", async () => {
    const { folder } = origin();
    const clone = shallow(folder, "refs/pull/12/merge");
    const found = await reviewJson(clone, [], {
      TF_BUILD: "True",
      BUILD_SOURCEVERSION: git(clone, "rev-parse", "HEAD"),
      SYSTEM_PULLREQUEST_PULLREQUESTID: "12",
      SYSTEM_PULLREQUEST_TARGETBRANCH: "refs/heads/main",
    });
    expect(states(found)).toEqual(REWIRED);
  });

  it("compares a push in Azure Pipelines with the commit before it", async () => {
    const { folder, feature } = origin();
    const found = await reviewJson(shallow(folder, feature), [], {
      TF_BUILD: "True",
      BUILD_REASON: "IndividualCI",
    });
    expect(states(found)).toEqual(REWIRED);
    expect(found.problems).toEqual([]);
  });

  it.each<[string, (folder: string) => NodeJS.ProcessEnv | undefined, RegExp]>([
    [
      "without git's folder",
      (folder) => {
        rmSync(join(folder, ".git"), { recursive: true });
        return undefined;
      },
      /this is not a git work tree/,
    ],
    ["without git", () => ({ PATH: tempFolder() }), /requires git, which is not installed/],
    [
      "without the base",
      (folder) => {
        git(folder, "remote", "add", "origin", `file://user:hunter2@${tempFolder()}`);
        return undefined;
      },
      /aaaaaaaa is not in this clone and cannot be fetched: .*fetch-depth: 0/,
    ],
  ])("checks everything %s, and says so", async (_, prepare, message) => {
    const folder = repository();
    untag(folder);
    commit(folder);
    const env = prepare(folder);
    const event = { pull_request: { number: 12, base: { sha: "a".repeat(40) } } };
    const found = await reviewJson(folder, [], github(event, env));
    expect(found).toMatchObject({ code: 1, since: null, findings: { known: 0 } });
    expect(rules(found.findings.new)).toEqual(["job-level-tag"]);
    expect(found.problems).toEqual([expect.stringMatching(message)]);
    expect(found.problems.join("")).not.toContain("hunter2");
  });

  it("fetches with the token of the job, but only from the server of the job", async () => {
    const seen: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(request.headers.authorization === undefined ? 401 : 404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const folder = repository();
      git(folder, "remote", "add", "origin", `${url}/data/jobs.git`);
      const event = { pull_request: { number: 12, base: { sha: "a".repeat(40) } } };
      const env = { GITHUB_TOKEN: "ghs_secret", GITHUB_SERVER_URL: url };
      const { problems } = await reviewJson(folder, [], github(event, env));
      const basic = Buffer.from("x-access-token:ghs_secret").toString("base64");
      expect(seen).toEqual([undefined, `basic ${basic}`]);
      expect(problems.join("")).not.toMatch(new RegExp(`ghs_secret|${basic}`));
      seen.length = 0;
      const other = { ...env, GITHUB_SERVER_URL: "http://localhost:9" };
      await reviewJson(folder, [], github(event, other));
      expect(new Set(seen)).toEqual(new Set([undefined]));
    } finally {
      server.close();
    }
  });

  it("compares nothing in a run that belongs to no change", async () => {
    const folder = repository();
    untag(folder);
    commit(folder);
    const { stdout, code } = await review(folder, [], github({ schedule: "0 4 * * *" }));
    expect(code).toBe(1);
    expect(stdout).toMatch(/^### jobstrata: 1 error\n\n#### 1 finding\n/);
  });
});

describe("wrong input", () => {
  it.each([
    [["--plan", "none.json"], /the plan "none.json" cannot be read: no such file or folder/],
    [["--plan", "databricks.yml"], /the plan "databricks.yml" is not JSON/],
    [["--plan", "state.json"], /"state.json" is not a plan; make one with: terraform plan/],
    [["--output", "pdf=x"], /there is no format "pdf"/],
    [["--source", "workspace"], /a workspace cannot be reviewed/],
    [["--findings", "old"], /Allowed choices are new, all/],
    [["", "nowhere"], /"nowhere" does not exist/],
  ])("%p is refused with one error", async (args, message) => {
    const folder = repository();
    writeFileSync(
      join(folder, "state.json"),
      JSON.stringify({ format_version: "1.0", values: {} }),
    );
    const { code, stdout, stderr } = await review(folder, args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
  });
});

test("a job that is removed in one environment and affected in another would run", () => {
  const entry = (state: ChangedJob["state"]): ChangedJob => ({
    job: "load",
    id: "load",
    state,
    stack: "shop",
    reasons: [],
  });
  const states = (...all: ChangedJob["state"][]): string[] =>
    affectedJobs({
      environments: all.map((state, at) => ({ environment: `${at}`, jobs: [entry(state)] })),
    } as unknown as ChangedDocument).map(({ state }) => state);
  expect(states("removed", "downstream")).toEqual(["downstream"]);
  expect(states("downstream", "new", "modified")).toEqual(["modified"]);
});

test("a further copy of a known mistake is new, as is one that was suppressed", () => {
  const finding = (fingerprint: string, isSuppressed = false): CheckedFinding => ({
    fingerprint,
    rule: "retries",
    severity: "warning",
    message: fingerprint,
    fix: "",
    sites: [],
    environments: [],
    ...(isSuppressed && { suppression: { kind: "source", reason: "later" } }),
  });
  const compared = (now: CheckedFinding[], before?: CheckedFinding[]): object => {
    const { added, fixed, known } = compareFindings({ ...REPORT, findings: now }, before);
    const names = (each: readonly CheckedFinding[]): string =>
      each.map(({ fingerprint }) => fingerprint).join(" ");
    return { added: names(added), fixed: names(fixed), known };
  };
  const [a, b, c] = [finding("a"), finding("b"), finding("c")];
  expect(compared([a, a, b], [a, c])).toEqual({ added: "a b", fixed: "c", known: 1 });
  expect(compared([a], [finding("a", true)])).toEqual({ added: "a", fixed: "", known: 0 });
  expect(compared([finding("a", true)], [a])).toEqual({ added: "", fixed: "a", known: 0 });
  expect(compared([a, b])).toEqual({ added: "a b", fixed: "", known: 0 });
});

const REPORT: CheckReport = {
  sources: [],
  jobs: 0,
  tasks: 0,
  distinct: { jobs: 0, tasks: 0, environments: 0 },
  rules: [],
  findings: [],
  incomplete: false,
  fixed: 0,
  failOn: "error",
};

test("a plan says what it would do, the dangerous first, without secrets", async () => {
  const folder = repository();
  mkdirSync(join(folder, "plans"));
  const resource = (name: string, values: object): object => ({
    address: `databricks_job.${name}`,
    mode: "managed",
    type: "databricks_job",
    name,
    values,
  });
  const planned = (
    name: string,
    actions: string[],
    change: object = {},
    more: object = {},
  ): object => ({
    address: `databricks_job.${name}`,
    mode: "managed",
    type: "databricks_job",
    name,
    change: { actions, ...change },
    ...more,
  });
  const plan = {
    format_version: "1.2",
    planned_values: {
      root_module: {
        resources: [
          resource("seed", { name: "Seed", max_concurrent_runs: 2 }),
          resource("report|@team", { name: "Report" }),
        ],
      },
    },
    prior_state: {
      values: {
        root_module: {
          resources: [
            resource("seed", { name: "Seed", max_concurrent_runs: 1 }),
            resource("old", { name: "Old" }),
          ],
        },
      },
    },
    resource_changes: [
      planned("seed", ["update"], {
        before: { max_concurrent_runs: 1 },
        after: { max_concurrent_runs: 2 },
      }),
      planned("report|@team", ["create"]),
      planned("old", ["delete"]),
      planned("index", ["delete", "create"]),
      planned("same", ["no-op"]),
      planned("moved", ["no-op"], {}, { previous_address: "databricks_job.was" }),
      planned("adopted", ["no-op"], { importing: { id: "1" } }),
      { address: "data.databricks_job.x", mode: "data", change: { actions: ["read"] } },
    ],
    errored: true,
  };
  writeFileSync(join(folder, "plans", "dev.json"), JSON.stringify(plan));
  const { stdout } = await review(folder, ["--plan", "plans/dev.json"]);
  expect(stdout.slice(stdout.indexOf("#### Plan"))).toMatchInlineSnapshot(`
   "#### Plan \`plans/dev.json\`: 1 to create, 1 to change, 1 to replace, 1 to destroy, 1 to import, 1 to move

   > ⚠️ The plan is incomplete: planning failed before it had looked at everything.

   - ⚠️ **destroy** \`databricks_job.old\`
   - ⚠️ **replace** \`databricks_job.index\`
   - ✏️ change \`databricks_job.seed\`
   - ➕ create \`databricks_job.report|@team\`
   - import \`databricks_job.adopted\`
   - move \`databricks_job.moved\`, moved from \`databricks_job.was\`

   Jobs of the plan: 1 job added, 1 removed, 1 changed

   - \`default\`: 1 job added, 1 removed, 1 changed (2 jobs in all), since \`the state\`

   <details><summary>All changes</summary>

   - ➖ \`old\`
   - ➕ \`report|@team\`
   - ✏️ \`seed\`
     - ➕ \`max_concurrent_runs\`: \`2\`

   </details>
   "
  `);
});

describe("untrusted names", () => {
  const HOSTILE = [
    "@everyone look",
    "a | b || c",
    "`code` ``more`` `",
    "<script>alert(1)</script>",
    "</details><img src=x onerror=alert(1)>",
    "[click](https://evil.example)",
    'x"]; click a href "javascript:alert(1)"',
    "end ``` \n```mermaid\nflowchart LR",
    "<!-- jobstrata review: -->",
    "##vso[task.setvariable variable=PATH]x",
    "\u202eright to left",
  ];

  /** A repository to whose bundle jobs are added. */
  function withJobs(names: readonly string[]): string {
    const folder = tempFolder();
    const bundle = (jobs: object): void => {
      writeFileSync(join(folder, "databricks.yml"), JSON.stringify({ resources: { jobs } }));
    };
    git(folder, "init", "-q", "-b", "main");
    bundle({});
    commit(folder);
    const task = { task_key: "a", notebook_task: { notebook_path: "/Shared/seed" } };
    bundle(
      Object.fromEntries(
        names.map((name) => [
          name,
          { name, tags: { [name]: name }, tasks: [{ ...task, task_key: name }] },
        ]),
      ),
    );
    return folder;
  }

  it("are text: no mention, cell, code, HTML, link or drawing", async () => {
    const { stdout, code } = await review(withJobs(HOSTILE));
    expect(code).toBe(1);
    const blocks = stdout.split(/^```(?:mermaid)?$/m);
    expect(blocks).toHaveLength(3);
    const [before = "", drawing = "", after = ""] = blocks;
    for (const line of drawing.split("\n").filter((each) => each.includes("[")))
      expect(line).toMatch(/^ {2}(?:subgraph )?j\d+\["[^"]*"\]$/);
    expect(drawing.replaceAll("<br>", "")).not.toMatch(/<|@everyone/);
    // Code spans are text as well; what closes one has as many backticks as what opens it.
    const text = `${before}${after}`.replace(/(?<![\\`])(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)/g, "CODE");
    expect(text.replace(/<\/?(?:details|summary|br)>/g, "")).not.toMatch(
      /<|(?<!\\)`|@(?!&#8203;)|(?<!\\)\]\(|:\/\//,
    );
    const rows = text.split("\n").filter((line) => line.startsWith("| "));
    expect(rows.length).toBeGreaterThan(HOSTILE.length);
    const columns = rows.map((row) => row.match(/(?<!\\)\|/g)?.length);
    expect([...new Set(columns)].sort()).toEqual([4, 6]);
    // eslint-disable-next-line no-control-regex -- finding them is the point
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202a-\u202e]/);
  });

  it("are left out where a comment has no room, with a note", async () => {
    const names = Array.from({ length: 400 }, (_, at) => `job_${at}_${"🦜é".repeat(60)}`);
    const { stdout } = await review(withJobs(names));
    expect(Buffer.byteLength(stdout)).toBeLessThan(65_536);
    expect(stdout).toMatch(/… and \d+ more lines that do not fit into a comment/);
    expect(stdout).toMatch(/^\| … and \d+ more \| \| \|$/m);
    expect(stdout.match(/<details>/g)?.length).toBe(stdout.match(/<\/details>/g)?.length);
    expect(stdout.match(/^```/gm)?.length).toBe(2);
  });
});
