import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Ended, NODE_TS, ROOT, start } from "../../e2e/support/processes";
import { ALERTING, makeProject, NOTEBOOK, VIOLATION } from "../../e2e/support/project";
import { startClient, stopAll } from "../../local/support";
import { tempFolder } from "../../support/policy";
import { commandLine } from "../program-support";

const FIXTURES = join(ROOT, "__tests__", "fixtures");
afterAll(stopAll);

interface Options {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs the program; whatever it says, it shows no stack trace. */
async function jobstrata(args: readonly string[], { cwd, env = {} }: Options = {}): Promise<Ended> {
  const ended = await commandLine(args, {
    cwd: cwd ?? tempFolder(),
    env: { PATH: process.env.PATH, HOME: tempFolder(), CI: "true", ...env },
  });
  expect(ended.text).not.toMatch(/^\s+at .*\.(ts|js):\d+/m);
  return ended;
}

const check = (args: readonly string[], options?: Options): Promise<Ended> =>
  jobstrata(["check", ...args], options);

/** A copy of a bundle of the fixtures, to change. */
function copyOf(fixture: string): string {
  const folder = tempFolder();
  cpSync(join(FIXTURES, fixture), folder, { recursive: true });
  return folder;
}

function bundle(yaml: string, files: Readonly<Record<string, string>> = {}): string {
  const folder = tempFolder();
  for (const [name, text] of Object.entries({ "databricks.yml": yaml, ...files }))
    writeFileSync(join(folder, name), text);
  return folder;
}

/** One atomic job without the tag that says so. */
const UNTAGGED = `resources:
  jobs:
    seed:
      environments: [{environment_key: default}]
      tasks:
        - task_key: seed
          environment_key: default
          notebook_task: {notebook_path: /Shared/seed}
`;
const FINE = UNTAGGED.replace("seed:\n", "seed:\n      tags: {job_level: atomic}\n");

describe("the bundles of the specification", () => {
  it("pass as written", async () => {
    const { code, stdout, stderr } = await check([], { cwd: join(FIXTURES, "alerting-bundle") });
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: "6 jobs, 10 tasks: no findings\n",
      stderr: "",
    });
  });

  it("have exactly one error where the pattern is wrong, with both files and lines", async () => {
    const { code, stdout } = await check([], { cwd: join(FIXTURES, "wrong-bundle") });
    expect(code).toBe(1);
    expect(stdout.match(/ error /g)).toHaveLength(1);
    for (const file of ["alerting_setup_orchestrator_job.yml", "alerting_tables_job.yml"])
      expect(stdout).toMatch(new RegExp(`resources/alerting/${file}(:\\d+|\\n {2}\\d+):`));
    expect(stdout).toMatch(/^ +\d+ \| +.*task_key/m);
  });

  it("of three layers are clean under every rule, in every target", async () => {
    const presets = ["spec", "limits", "recommended"].flatMap((name) => ["--preset", name]);
    const cwd = join(FIXTURES, "three-layer-bundle");
    const { code, stdout } = await check([...presets, "--format", "json"], { cwd });
    const report = JSON.parse(stdout) as Record<string, unknown>;
    expect({ code, ...report }).toMatchObject({
      code: 0,
      sources: [
        { kind: "bundle", path: "databricks.yml", environments: ["dev", "prod"], jobs: 12 },
      ],
      findings: [],
    });
  });
});

describe("exit codes", () => {
  it.each([
    ["0: nothing found", FINE, [], 0],
    ["1: an error", UNTAGGED, [], 1],
    ["0: warnings alone", FINE, ["--preset", "recommended"], 0],
    [
      "1: warnings, if they are to fail it",
      FINE,
      ["--preset", "recommended", "--fail-on", "warning"],
      1,
    ],
    ["2: a file that cannot be read", "a: [", [], 2],
    ["2: no job", "bundle: {name: x}", [], 2],
    ["2: a target that is not there", FINE, ["-t", "prod"], 2],
  ])("%s", async (_, yaml, args, expected) => {
    const { code, text } = await check(args, { cwd: bundle(yaml) });
    expect([code, text]).toEqual([expected, expect.any(String)]);
  });

  it("2: one of several sources has no job", async () => {
    const empty = bundle("bundle: {name: x}");
    const { code, stdout } = await check([".", empty], { cwd: bundle(FINE) });
    expect(code).toBe(2);
    expect(stdout).toMatch(
      /error policy-saw-jobs {2}the policy found no jobs in ".*databricks\.yml"/,
    );
  });

  it("exits with 2 rather than 1 for an unreadable file, and still reports findings", async () => {
    const cwd = bundle("include: [a.yaml, b.yaml]\n", { "a.yaml": UNTAGGED, "b.yaml": "a: [" });
    const { code, stdout } = await check([], { cwd });
    expect(code).toBe(2);
    expect(stdout).toMatch(/b\.yaml\n {2}1:5 {2}error readable-source {2}this is not YAML/);
    expect(stdout).toMatch(/error job-level-tag/);
    expect(stdout).toContain("The check is incomplete");
  });
});

describe("what cannot be checked is reported in one line", () => {
  it.each<[string, () => Options, readonly string[], RegExp]>([
    ["an empty folder", () => ({}), [], /^"\." holds neither a bundle \(databricks\.yml\) nor/],
    ["a path that is not there", () => ({}), ["gone"], /^"gone" does not exist\n$/],
    [
      "a folder of Terraform",
      () => ({ cwd: fileIn("main.tf", "") }),
      [],
      /terraform show -json plan\.bin \| jobstrata check -/,
    ],
    [
      "a plan that is not JSON",
      () => ({ cwd: fileIn("plan.bin", "PK\u0003\u0004") }),
      ["plan.bin"],
      /a plan of Terraform's own form/,
    ],
    ["text", () => ({ cwd: fileIn("x.json", "hello") }), ["x.json"], /^"x\.json" is not JSON\n$/],
    [
      "what never ends",
      () => ({}),
      ["/dev/zero"],
      /^"\/dev\/zero" has more than 134217728 bytes\n$/,
    ],
    ["nothing", () => ({}), ["/dev/null"], /^"\/dev\/null" is empty\n$/],
    [
      "other JSON",
      () => ({ cwd: fileIn("x.json", "{}") }),
      ["x.json"],
      /is neither a bundle, nor a cdk\.tf\.json/,
    ],
    [
      "an app that is not synthesized",
      () => ({ cwd: fileIn("cdktf.json", "{}") }),
      [],
      /run "npx cdktf synth" there first/,
    ],
    [
      "an app on CDKTN that is not synthesized",
      () => {
        const cwd = fileIn("package.json", '{ "dependencies": { "cdktn": "^0.24.0" } }');
        writeFileSync(join(cwd, "cdktf.json"), "{}");
        return { cwd };
      },
      [],
      /run "npx cdktn synth" there first/,
    ],
    ["an unknown format", () => ({}), ["--format", "xml"], /Allowed choices are text, json/],
    [
      "an unknown preset",
      () => ({}),
      ["--preset", "all"],
      /Allowed choices are correctness, spec, governance, limits, recommended/,
    ],
    [
      "an unknown format of a file",
      () => ({ cwd: bundle(FINE) }),
      ["--output", "xml=x"],
      /there is no format "xml"/,
    ],
    [
      "a folder that is not there",
      () => ({ cwd: bundle(FINE) }),
      ["--output", "gone/x.txt"],
      /the report "gone\/x\.txt" cannot be written: no such file or folder/,
    ],
    [
      "a path with a workspace",
      () => ({}),
      ["--local", "x"],
      /a workspace is read without a path; leave out "x"/,
    ],
    [
      "no local workspace",
      () => ({}),
      ["--local"],
      /there is no local workspace in "\.jobstrata\/local"/,
    ],
    [
      "no login",
      () => ({}),
      ["--source", "workspace"],
      /no workspace is known: set DATABRICKS_HOST/,
    ],
    [
      "a configuration with a slip",
      () => ({ cwd: withConfig("rules: {retris: off}") }),
      [],
      /has an unknown rule "retris" \(did you mean "retries"\?\)/,
    ],
    [
      "a configuration with an option that a rule has not",
      () => ({ cwd: withConfig('rules: {environment-version: {verison: "5"}}') }),
      [],
      /rule "environment-version" has "verison" \(did you mean "version"\?\); there is severity, suppressible, version/,
    ],
    [
      "a configuration with an unknown key",
      () => ({ cwd: withConfig("preset: [spec]") }),
      [],
      /jobstrata\.config\.yaml is not valid:\n {2}.*preset/,
    ],
    [
      "a configuration that is no YAML",
      () => ({ cwd: withConfig("a: [") }),
      [],
      /^jobstrata\.config\.yaml:1:5: /,
    ],
    [
      "a configuration that is not there",
      () => ({}),
      ["--config", "gone.yaml"],
      /gone\.yaml" cannot be read: no such file or folder/,
    ],
    [
      "a reason left out",
      () => ({ cwd: withConfig('suppressions: [{rule: retries, job: seed, reason: " "}]') }),
      [],
      /suppressions\.0\.reason/,
    ],
    [
      "a baseline that is none",
      () => ({ cwd: withFile(bundle(FINE), "jobstrata.baseline.json", "{}") }),
      [],
      /the baseline "jobstrata\.baseline\.json" does not have version 1/,
    ],
  ])("%s", async (_, options, args, expected) => {
    const { code, stdout, stderr } = await check(args, options());
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(expected);
  });

  function withFile(folder: string, name: string, text: string): string {
    writeFileSync(join(folder, name), text);
    return folder;
  }
  const fileIn = (name: string, text: string): string => withFile(tempFolder(), name, text);
  const withConfig = (text: string): string =>
    withFile(bundle(FINE), "jobstrata.config.yaml", text);
});

describe("reports", () => {
  it("are written to several files, and the printed format is not repeated", async () => {
    const cwd = bundle(UNTAGGED);
    const outputs = [
      "--output",
      "sarif=a.sarif",
      "--output",
      "junit=b.xml",
      "--output",
      "gitlab=c.json",
    ];
    const { code, stdout } = await check([...outputs, "--format", "github"], { cwd });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^::error file=databricks\.yml,line=3,col=5,title=job-level-tag/);
    expect(JSON.parse(readFileSync(join(cwd, "a.sarif"), "utf8"))).toMatchObject({
      version: "2.1.0",
    });
    expect(readFileSync(join(cwd, "b.xml"), "utf8")).toMatch(/^<\?xml/);
    expect(JSON.parse(readFileSync(join(cwd, "c.json"), "utf8"))).toHaveLength(1);

    const silent = await check(["--format", "json", "--output", "d.json"], { cwd });
    expect(silent.stdout).toBe("");
    expect(JSON.parse(readFileSync(join(cwd, "d.json"), "utf8"))).toMatchObject({ version: 1 });
  });
});

describe("reports for CI", () => {
  it.each(["GITHUB_WORKSPACE", "CI_PROJECT_DIR"])(
    "name files from the root of the repository, which %s says",
    async (name) => {
      const root = tempFolder();
      const cwd = join(root, "bundles", "alerting");
      cpSync(join(FIXTURES, "wrong-bundle"), cwd, { recursive: true });
      const outputs = ["--output", "sarif=a.sarif", "--output", "gitlab=b.json"];
      const args = [...outputs, "--format", "github"];
      const { stdout } = await check(args, { cwd, env: { [name]: root } });
      const at = "bundles/alerting/resources/alerting/alerting_setup_orchestrator_job.yml";
      expect(stdout).toContain(`::error file=${at},line=`);
      expect(stdout).toMatch(
        /also bundles\/alerting\/resources\/alerting\/alerting_tables_job\.yml:/,
      );
      expect(readFileSync(join(cwd, "a.sarif"), "utf8")).toContain(`"uri": "${at}"`);
      expect(readFileSync(join(cwd, "b.json"), "utf8")).toContain(`"path": "${at}"`);

      const elsewhere = await check(args, { cwd, env: { [name]: tempFolder() } });
      expect(elsewhere.stdout).toContain("::error file=resources/alerting/");
    },
  );
});

describe("a baseline", () => {
  it("accepts existing findings, survives moved lines, fails on new ones and reports fixed ones", async () => {
    const cwd = bundle(UNTAGGED);
    const accepted = await check(["--update-baseline"], { cwd });
    expect(accepted.code).toBe(0);
    expect(accepted.stderr).toBe("1 finding accepted from now on, in jobstrata.baseline.json.\n");
    expect(readdirSync(cwd).sort()).toEqual(["databricks.yml", "jobstrata.baseline.json"]);

    writeFileSync(join(cwd, "databricks.yml"), `# moved\n\n${UNTAGGED}`);
    const moved = await check([], { cwd });
    expect([moved.code, moved.stdout]).toEqual([0, "1 job, 1 task: no findings (1 suppressed)\n"]);

    writeFileSync(
      join(cwd, "databricks.yml"),
      UNTAGGED + UNTAGGED.split("\n").slice(2).join("\n").replaceAll("seed", "more"),
    );
    const more = await check(["--format", "json"], { cwd });
    expect(more.code).toBe(1);
    const { findings } = JSON.parse(more.stdout) as { findings: Record<string, unknown>[] };
    expect(findings).toMatchObject(
      [
        { rule: "job-level-tag", job: "more" },
        { rule: "job-level-tag", job: "seed", suppression: { kind: "baseline" } },
      ].sort(
        (a, b) =>
          findings.findIndex(({ job }) => job === a.job) -
          findings.findIndex(({ job }) => job === b.job),
      ),
    );

    writeFileSync(join(cwd, "databricks.yml"), FINE);
    const fixed = await check([], { cwd });
    expect(fixed.code).toBe(0);
    expect(fixed.stdout).toMatch(/fixed-in-baseline .*job-level-tag/);
    expect(fixed.stdout).toContain("1 finding of the baseline fixed");
    await check(["--update-baseline"], { cwd });
    expect((await check([], { cwd })).stdout).toBe("1 job, 1 task: no findings\n");
  });

  it("is not touched while something cannot be read", async () => {
    const cwd = bundle("a: [");
    expect((await check(["--update-baseline"], { cwd })).code).toBe(2);
    expect(existsSync(join(cwd, "jobstrata.baseline.json"))).toBe(false);
  });

  it("covers a wrong bundle of many", async () => {
    const cwd = copyOf("wrong-bundle");
    expect((await check([], { cwd })).code).toBe(1);
    expect((await check(["--update-baseline", "--baseline", "known.json"], { cwd })).code).toBe(0);
    expect((await check(["--baseline", "known.json"], { cwd })).code).toBe(0);
    expect((await check([], { cwd })).code).toBe(1);
  });
});

describe("suppressions", () => {
  const ignored = (comment: string): string => UNTAGGED.replace("seed:", `seed: # ${comment}`);

  it.each([
    [
      "one that excuses its finding",
      "jobstrata-ignore job-level-tag: later",
      0,
      /\(1 suppressed\)/,
    ],
    [
      "one until a day to come",
      "jobstrata-ignore job-level-tag until 2999-01-01: later",
      0,
      /1 suppressed/,
    ],
    [
      "one that has ended",
      "jobstrata-ignore job-level-tag until 2026-01-01: later",
      1,
      /3:11 .*expired-suppression.*expired on 2026-01-01/,
    ],
    [
      "one without a reason",
      "jobstrata-ignore job-level-tag:",
      1,
      /3:11 .*error invalid-suppression.*gives no reason/,
    ],
    [
      "one of a rule that there is not",
      "jobstrata-ignore job-levl: later",
      1,
      /there is no rule "job-levl"/,
    ],
    [
      "one that excuses nothing",
      "jobstrata-ignore job-level-tag, task-key: later",
      0,
      /warning unused-suppression.*"task-key"/,
    ],
    ["one without a rule", "jobstrata-ignore: later", 1, /names no rule/],
  ])("%s", async (_, comment, expected, text) => {
    const { code, stdout } = await check([], { cwd: bundle(ignored(comment)) });
    expect(stdout).toMatch(text);
    expect(code).toBe(expected);
  });

  it("of a rule that may not be excused count for nothing, as the baseline does", async () => {
    const config = "rules: {job-level-tag: {suppressible: false}}\n";
    const cwd = bundle(ignored("jobstrata-ignore job-level-tag: later"), {
      "jobstrata.config.yaml": config,
    });
    const { code, stdout } = await check([], { cwd });
    expect(code).toBe(1);
    expect(stdout).toMatch(/unused-suppression.*findings of "job-level-tag" cannot be suppressed/);
    expect((await check(["--update-baseline"], { cwd })).code).toBe(1);
  });

  it("of the configuration name a job; severities, ignored files and targets are configured, too", async () => {
    const config = {
      suppressions: [{ rule: "job-level-tag", job: "seed", reason: "later" }],
      rules: { "environment-version": "error", "atomic-environment": "off" },
      failOn: "error",
    };
    const files = { "jobstrata.config.json": JSON.stringify(config) };
    const { code, stdout } = await check(["--format", "json"], { cwd: bundle(UNTAGGED, files) });
    const { findings } = JSON.parse(stdout) as { findings: Record<string, unknown>[] };
    expect(code).toBe(1);
    expect(findings).toMatchObject([
      { rule: "job-level-tag", suppression: { kind: "config", reason: "later" } },
      { rule: "environment-version", severity: "error" },
    ]);
    const ignoring = { "jobstrata.config.json": JSON.stringify({ ignore: ["*.yml"] }) };
    expect((await check([], { cwd: bundle(UNTAGGED, ignoring) })).code).toBe(0);
  });
});

describe("an app", () => {
  const synthesized = async (app: string, files: Readonly<Record<string, string>> = {}) => {
    const folder = makeProject(tempFolder(), "app", app);
    for (const [name, text] of Object.entries({
      "tables.py": NOTEBOOK,
      "seed.py": NOTEBOOK,
      ...files,
    }))
      writeFileSync(join(folder, name), text);
    const synth = await start([...NODE_TS, "main.ts"], {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder },
    }).ended;
    return { folder, synth };
  };

  it("is checked as it was synthesized, with the lines of its program", async () => {
    const { folder } = await synthesized(ALERTING);
    expect((await check([], { cwd: folder })).stdout).toBe("3 jobs, 4 tasks: no findings\n");
    const { code, stdout } = await check(["--preset", "recommended", "-t", "dev", "--all"], {
      cwd: folder,
    });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^main\.ts\n {2}\d+:\d+ {2}warning /m);
    expect(stdout).toMatch(/^ +\d+ \| const tables = new AtomicJob/m);
  });

  it("goes by the same configuration, suppressions and baseline when it is synthesized", async () => {
    const broken = await synthesized(VIOLATION);
    expect(broken.synth.code).toBe(1);
    expect(broken.synth.stderr).toContain("notebook-in-one-job");

    const off = { "jobstrata.config.yaml": "rules: {notebook-in-one-job: off}\n" };
    expect((await synthesized(VIOLATION, off)).synth).toMatchObject({ code: 0, stderr: "" });

    const excused = VIOLATION.replace(
      "app.synth",
      `suppressFinding(tables, { rule: "notebook-in-one-job", reason: "moves" });\napp.synth`,
    ).replace("{ App,", "{ App, suppressFinding,");
    const { folder, synth } = await synthesized(excused);
    expect(synth).toMatchObject({ code: 0 });
    // And so it is when it is checked afterwards.
    expect((await check([], { cwd: folder })).stdout).toMatch(/no findings \(1 suppressed\)/);
  });
});

describe("a workspace", () => {
  const job = (name: string, tasks: object[], more: object = {}) => ({ name, tasks, ...more });
  const notebook = { task_key: "a", notebook_task: { notebook_path: "/Shared/seed" } };

  it("is read page by page and judged by environment, without being changed", async () => {
    const client = await startClient();
    const { host, token } = client.workspace;
    const tags = { job_level: "atomic" };
    const environments = [{ environment_key: "default", spec: { environment_version: "4" } }];
    const ids: number[] = [];
    for (let at = 0; at < 120; at++) {
      const task = {
        task_key: "a",
        environment_key: "default",
        notebook_task: { notebook_path: `/Shared/n${at}` },
      };
      ids.push(await client.createJob(job(`[dev] n${at}`, [task], { tags, environments })));
    }
    // The same notebook again: in another environment that is fine, in the same it is not.
    await client.createJob(
      job("[prod] seed", [{ ...notebook, notebook_task: { notebook_path: "/Shared/n0" } }], {
        tags,
      }),
    );
    await client.createJob(
      job(
        "[dev] seed",
        [
          {
            ...notebook,
            environment_key: "default",
            notebook_task: { notebook_path: "/Workspace/Shared/n1" },
          },
        ],
        { tags, environments },
      ),
    );
    const gone = await client.createJob(job("[dev] gone", []));
    const many = ids.map((id, at) => ({ task_key: `t${at}`, run_job_task: { job_id: id } }));
    await client.createJob(
      job("[dev] all", [...many, { task_key: "gone", run_job_task: { job_id: gone } }], {
        tags: { job_level: "composite" },
      }),
    );
    await client.ok("POST", "/api/2.2/jobs/delete", { job_id: gone });
    const before: unknown = await client.ok(
      "GET",
      "/api/2.2/jobs/list?limit=100&expand_tasks=true",
    );

    const env = { DATABRICKS_HOST: host, DATABRICKS_TOKEN: token };
    const { code, stdout, text } = await check(["--source", "workspace", "--format", "json"], {
      env,
    });
    expect(text).not.toContain(token);
    const { sources, summary, findings } = JSON.parse(stdout) as Record<string, unknown> & {
      findings: Record<string, unknown>[];
    };
    expect({ code, sources, summary }).toMatchObject({
      code: 1,
      sources: [{ kind: "workspace", path: host, jobs: 123 }],
      summary: { jobs: 123, tasks: 243 },
    });
    const found = findings.filter(({ environment }) => environment === "dev");
    expect(found).toMatchObject([
      {
        rule: "notebook-in-one-job",
        jobs: ["n1", "seed"],
        location: { path: `${host}/jobs/${ids[1] ?? 0}` },
      },
      {
        rule: "job-reference",
        job: "all",
        task: "gone",
        message: `run_job_task refers to "job ${gone}", which does not exist`,
      },
    ]);
    const dev = await check(["--source", "workspace", "-t", "prod"], { env });
    expect(dev.stdout).toMatch(/\[prod\]/);
    expect(dev.stdout).not.toMatch(/\[dev\]/);
    expect(await client.ok("GET", "/api/2.2/jobs/list?limit=100&expand_tasks=true")).toEqual(
      before,
    );
  });

  it("that rejects the login is reported", async () => {
    const { workspace } = await startClient();
    const env = { DATABRICKS_HOST: workspace.host, DATABRICKS_TOKEN: "wrong" };
    const { code, stderr } = await check(["--source", "workspace"], { env });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^the workspace cannot be read: .*40[13]/);
    expect(stderr).not.toContain("wrong");
  });
});

describe("jobstrata rules", () => {
  it("lists the rules, explains one, and suggests a name", async () => {
    const list = await jobstrata(["rules"]);
    expect(list.stdout).toMatch(/notebook-in-one-job/);
    const one = await jobstrata(["rules", "notebook-in-one-job"]);
    expect(one.stdout).toMatch(/Why[^]*Wrong[^]*Right/);
    const slip = await jobstrata(["rules", "notebook-in-one"]);
    expect(slip.code).toBe(2);
    expect(slip.stderr).toContain('did you mean "notebook-in-one-job"?');
  });
});

it("several sources are judged in one run", async () => {
  const folder = tempFolder();
  for (const name of ["a", "b"]) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "databricks.yml"), UNTAGGED);
  }
  const { code, stdout } = await check(["a", "b"], { cwd: folder });
  expect(code).toBe(1);
  expect(stdout).toMatch(/^a\/databricks\.yml\n[^]*^b\/databricks\.yml\n/m);
  expect(stdout).toContain("2 jobs, 2 tasks: 2 errors");
});
