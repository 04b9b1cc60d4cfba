import { spawnSync } from "node:child_process";
import {
  accessSync,
  chmodSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { parse, parseAllDocuments } from "yaml";
import { type Ended, NODE_TS, ROOT, start } from "../../e2e/support/processes";
import { git } from "../../support/git";
import { tempFolder } from "../../support/policy";
import { HostServer } from "./host-server";

const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");
const { version } = JSON.parse(read("src/cli/package.json")) as { readonly version: string };

interface Action {
  readonly inputs: Readonly<
    Record<string, { readonly description: string; readonly default: string }>
  >;
  readonly outputs: Readonly<Record<string, { readonly value: string }>>;
  readonly runs: {
    readonly using: string;
    readonly steps: readonly {
      readonly id: string;
      readonly shell: string;
      readonly run: string;
      readonly env: Readonly<Record<string, string>>;
      readonly "working-directory": string;
    }[];
  };
}
const ACTION = parse(read("action.yml")) as Action;

/** Replaces `${{ … }}`, of which only names of contexts are known. */
function evaluated(text: string, contexts: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{\{ *([\w.-]+) *\}\}/g, (_, name: string) => {
    // What a step has not set is empty.
    const value = contexts[name] ?? (name.startsWith("steps.") ? "" : undefined);
    if (value === undefined) throw new Error(`nothing is called ${name}`);
    return value;
  });
}

interface Ran extends Ended {
  /** Of the action. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
}

/**
 * Runs the steps of action.yml as the documentation of composite actions says: inputs with their defaults, expressions
 * replaced in `env` and `working-directory`, bash with `-e -o pipefail`, files for outputs and summary.
 */
async function runAction(
  workspace: string,
  inputs: Readonly<Record<string, string>>,
  env: NodeJS.ProcessEnv,
): Promise<Ran> {
  const contexts: Record<string, string> = { "github.token": "ghs_of-the-job" };
  for (const [name, { default: value }] of Object.entries(ACTION.inputs))
    contexts[`inputs.${name}`] = evaluated(inputs[name] ?? value, contexts);
  const temp = tempFolder();
  const files = { output: join(temp, "output"), summary: join(temp, "summary") };
  writeFileSync(files.output, "");
  let ended: Ended = { code: 0, signal: null, stdout: "", stderr: "", text: "" };
  for (const step of ACTION.runs.steps) {
    const script = join(temp, "step.sh");
    writeFileSync(script, evaluated(step.run, contexts));
    const own = Object.entries(step.env).map(([name, text]) => [name, evaluated(text, contexts)]);
    ended = await start(["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", script], {
      cwd: join(workspace, evaluated(step["working-directory"], contexts)),
      env: {
        PATH: process.env.PATH,
        HOME: temp,
        CI: "true",
        GITHUB_ACTIONS: "true",
        GITHUB_ACTION_PATH: ROOT,
        GITHUB_OUTPUT: files.output,
        GITHUB_STEP_SUMMARY: files.summary,
        GITHUB_WORKSPACE: workspace,
        ...env,
        ...(Object.fromEntries(own) as NodeJS.ProcessEnv),
      },
    }).ended;
    for (const line of readFileSync(files.output, "utf8").trim().split("\n")) {
      const [, name = "", value = ""] = /^([\w-]+)=(.*)$/.exec(line) ?? [];
      contexts[`steps.${step.id}.outputs.${name}`] = value;
    }
  }
  const outputs = Object.entries(ACTION.outputs).map(([name, { value }]) => [
    name,
    evaluated(value, contexts),
  ]);
  return {
    ...ended,
    outputs: Object.fromEntries(outputs) as Ran["outputs"],
    summary: existsSync(files.summary) ? readFileSync(files.summary, "utf8") : "",
  };
}

/** A program on the PATH that prints its arguments, a line each, and ends with a code. */
function stub(folder: string, name: string, script = 'printf "%s\\n" "$@"'): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), `#!/usr/bin/env bash\n${script}\n`);
  chmodSync(join(folder, name), 0o755);
}

test("the action reviews a pull request with the project's jobstrata, and comments on it", async () => {
  const workspace = tempFolder();
  const project = join(workspace, "data jobs");
  cpSync(join(ROOT, "__tests__", "fixtures", "three-layer-bundle"), project, { recursive: true });
  git(workspace, "init", "-q", "-b", "main");
  git(workspace, "add", "-A");
  git(workspace, "commit", "-qm", "base");
  const base = git(workspace, "rev-parse", "HEAD");
  const file = join(project, "resources", "silver.yml");
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace("job_level: atomic, layer", "layer"));
  git(workspace, "commit", "-qam", "change");
  const bin = [...NODE_TS, join(ROOT, "src", "cli", "bin.ts")].map((word) => `'${word}'`);
  stub(join(workspace, "node_modules", ".bin"), "jobstrata", `exec ${bin.join(" ")} "$@"`);
  const event = join(tempFolder(), "event.json");
  writeFileSync(
    event,
    JSON.stringify({ pull_request: { number: 12, base: { ref: "main", sha: base } } }),
  );
  const server = new HostServer();
  try {
    const ran = await runAction(
      workspace,
      { "working-directory": "data jobs", target: "dev\nprod\n", report: "review.md" },
      {
        GITHUB_API_URL: await server.start(),
        GITHUB_EVENT_PATH: event,
        GITHUB_REPOSITORY: "example/jobs",
      },
    );
    expect(ran.stderr).toBe("GitHub: the comment was created: https://host.example/comments/1\n");
    expect(ran.stdout).toMatch(/^::error file=data jobs\/resources\/silver\.yml,line=3,/);
    expect(ran.code).toBe(1);
    expect(ran.outputs).toEqual({
      "comment-url": "https://host.example/comments/1",
      "exit-code": "1",
      "fixed-findings": "0",
      jobs: expect.stringContaining('"silver_orders"') as string,
      matrix: expect.stringMatching(/^\{"include":\[\{"job":".*"environment":"dev"/) as string,
      "new-findings": "1",
      stacks: '["lakehouse"]',
    });
    const report = readFileSync(join(project, "review.md"), "utf8");
    expect(report).toMatch(/^### jobstrata `data jobs`: 1 job changed, 1 new error\n/);
    expect(ran.summary).toBe(report);
    expect(server.comments).toHaveLength(1);
    expect(server.comments[0]?.body.replace(/^.*\n/, "")).toBe(report.trimEnd());
    expect(server.received[0]?.headers.authorization).toBe("Bearer ghs_of-the-job");
    expect(readFileSync(join(project, "jobstrata.sarif"), "utf8")).toContain(
      "data%20jobs/resources/silver.yml",
    );
    expect(ran.text).not.toContain("ghs_of-the-job");
  } finally {
    server.stop();
  }
});

describe("the action", () => {
  it("passes on every input, as one argument even if it holds a command", async () => {
    const workspace = tempFolder();
    stub(join(workspace, "node_modules", ".bin"), "jobstrata", 'printf "%s\\n" "$@"; exit 2');
    const evil = '$(touch hacked) `x` "; exit 0 #';
    const inputs = {
      annotations: "false",
      base: evil,
      comment: "false",
      config: "-c.yaml",
      "fail-on": "warning",
      findings: "all",
      name: evil,
      path: "--help",
      plan: "a.json\nb c.json",
      report: "r.md",
      sarif: "",
      target: "",
    };
    const { stdout, code, outputs } = await runAction(workspace, inputs, {});
    expect(stdout.trim().split("\n")).toEqual(
      ["review", "--publish", "--findings", "all", "--no-comment", "--format", "text"].concat(
        ["--name", evil, "--config", "-c.yaml", "--fail-on", "warning"],
        ["--output", "markdown=r.md", "--plan", "a.json", "--plan", "b c.json"],
        ["--", evil, "--help"],
      ),
    );
    expect({ code, exit: outputs["exit-code"] }).toEqual({ code: 2, exit: "2" });
    expect(existsSync(join(workspace, "hacked"))).toBe(false);
  });

  it("gives scripts no text of inputs, and every input has a use and a line in the documentation", () => {
    const docs = read("docs/ci.md");
    const [step] = ACTION.runs.steps;
    const used = JSON.stringify(step?.env) + (step?.["working-directory"] ?? "");
    for (const { run, shell } of ACTION.runs.steps) {
      expect(run).not.toContain("${{");
      expect(shell).toBe("bash");
    }
    for (const name of Object.keys(ACTION.inputs)) {
      expect(used).toContain(`\${{ inputs.${name} }}`);
      expect(docs).toMatch(new RegExp(`^\\| \`${name}\` `, "m"));
    }
    for (const name of Object.keys(ACTION.outputs))
      expect(docs).toMatch(new RegExp(`^\\| \`${name}\` `, "m"));
    const script = read("templates/review.sh");
    for (const name of Object.keys(step?.env ?? {}).filter((each) => each.startsWith("INPUT_")))
      expect(script).toContain(`"$${name}"`);
  });
});

describe("the launcher", () => {
  const launcher = join(ROOT, "templates", "jobstrata.sh");
  const launch = (
    cwd: string,
    env: NodeJS.ProcessEnv,
  ): { stdout: string; stderr: string; status: number | null } =>
    spawnSync("bash", ["--norc", launcher, "check", "a b"], { cwd, env, encoding: "utf8" });

  it("prefers the jobstrata of the project, also from a folder inside", () => {
    const folder = tempFolder();
    stub(join(folder, "node_modules", ".bin"), "jobstrata", 'echo own "$@"');
    mkdirSync(join(folder, "a", "b"), { recursive: true });
    expect(launch(join(folder, "a", "b"), { PATH: process.env.PATH }).stdout).toBe(
      "own check a b\n",
    );
  });

  it("else runs its own version, or the one that is asked for", () => {
    const bin = tempFolder();
    stub(bin, "npx");
    const env = { PATH: `${bin}:${process.env.PATH ?? ""}` };
    const run = (more: NodeJS.ProcessEnv = {}): string[] =>
      launch(tempFolder(), { ...env, ...more })
        .stdout.trim()
        .split("\n");
    expect(run()).toEqual(["--yes", `jobstrata@${version}`, "check", "a b"]);
    expect(run({ JOBSTRATA_VERSION: "" })[1]).toBe(`jobstrata@${version}`);
    expect(run({ JOBSTRATA_VERSION: "9.9.9" })[1]).toBe("jobstrata@9.9.9");
  });
});

/** The inputs of a template with their defaults, as variables of a script. */
type Variables = Record<string, string>;

/** Runs a script with stubs for `npx`, of which the first call asks whether the project has jobstrata. */
function runScript(
  script: string,
  env: Variables,
  { hasOwn = false, shell = "bash" }: { hasOwn?: boolean; shell?: string } = {},
): string[] {
  const bin = tempFolder();
  stub(bin, "npx", `[ "$3" != --version ] || exit ${hasOwn ? 0 : 1}\nprintf '%s\\n' "$@"; exit 1`);
  const cwd = tempFolder();
  // Bash would read the user's settings, as it takes the pipe for a network connection.
  const options = shell === "bash" ? ["--norc", "-e"] : ["-e"];
  const { stdout, stderr, status } = spawnSync(shell, [...options, "-c", script], {
    cwd,
    env: { PATH: `${bin}:${process.env.PATH ?? ""}`, ...env },
    encoding: "utf8",
  });
  expect({ stderr, status }).toEqual({ stderr: "", status: 1 });
  expect(existsSync(join(cwd, "hacked"))).toBe(false);
  return stdout.trim().split("\n");
}

const EVIL = '$(touch hacked) "; exit 0 #';

describe("the GitLab component", () => {
  const [head, body] = parseAllDocuments(read("templates/review.yml")).map(
    (document) => document.toJS() as Record<string, never>,
  );
  const { inputs } = (head as unknown as { spec: { inputs: Record<string, { default: string }> } })
    .spec;

  interface Job {
    readonly script: readonly string[];
    readonly variables: Variables;
    readonly artifacts: { readonly reports: object };
  }
  /** The job, with values in place of `$[[ inputs.x ]]`. */
  function jobWith(given: Variables): Job {
    const values = Object.fromEntries(
      Object.entries(inputs).map(([name, { default: value }]) => [name, given[name] ?? value]),
    );
    const text = JSON.stringify(body).replace(/\$\[\[ inputs\.([\w-]+) \]\]/g, (_, name: string) =>
      JSON.stringify(values[name]).slice(1, -1),
    );
    const [job] = Object.values(JSON.parse(text) as Record<string, Job>);
    if (job === undefined) throw new Error("the component has no job");
    return job;
  }

  it("uses every input, none in the script but the command that the user gives", () => {
    const text = JSON.stringify(body);
    for (const name of Object.keys(inputs)) expect(text).toContain(`$[[ inputs.${name} ]]`);
    const inScript = JSON.stringify(Object.values(body ?? {}).map(({ script }) => script));
    expect(inScript.match(/inputs\.[\w-]+/g)).toEqual(["inputs.setup"]);
    expect(inputs.version?.default).toBe(version);
  });

  it.each(["bash", "sh"])("runs the review with its inputs in %s", (shell) => {
    const { script, variables } = jobWith({
      base: EVIL,
      config: "c.yaml",
      "fail-on": "info",
      path: "a b",
      plan: "p.json",
      target: "dev",
    });
    const env = { ...variables, CI_PROJECT_DIR: "/builds/jobs" };
    const args = ["--publish", "--findings", "new", "--format", "text"].concat(
      ["--output", "markdown=/builds/jobs/jobstrata-review.md"],
      ["--output", "gitlab=/builds/jobs/gl-code-quality-report.json"],
      ["--output", "junit=/builds/jobs/jobstrata-junit.xml"],
      ["--output", "sarif=/builds/jobs/jobstrata.sarif"],
      ["--config", "c.yaml", "--fail-on", "info", "--plan", "p.json", "--target", "dev"],
      ["--", EVIL, "a b"],
    );
    const lines = script.join("\n");
    expect(runScript(lines, env, { shell })).toEqual([
      "--yes",
      `jobstrata@${version}`,
      "review",
      ...args,
    ]);
    const own = runScript(lines, env, { hasOwn: true, shell });
    expect(own).toEqual(["--no", "jobstrata", "review", ...args]);
  });
});

describe("the steps for Azure Pipelines", () => {
  const template = parse(read("templates/azure/review.yml")) as {
    readonly parameters: readonly { readonly name: string; readonly default: unknown }[];
    readonly steps: readonly { readonly bash?: string; readonly env?: Variables }[];
  };
  const [step] = template.steps;

  it("use every parameter, none in the script", () => {
    const text = JSON.stringify(template.steps);
    for (const { name } of template.parameters) expect(text).toContain(`parameters.${name}`);
    expect(step?.bash).not.toContain("${{");
    expect(template.parameters.find(({ name }) => name === "version")?.default).toBe(version);
  });

  it("run the review with their parameters", () => {
    const temp = tempFolder();
    const env = {
      ...step?.env,
      AGENT_TEMPDIRECTORY: temp,
      JOBSTRATA_BASE: EVIL,
      JOBSTRATA_CONFIG: "",
      JOBSTRATA_FAIL_ON: "warning",
      JOBSTRATA_FINDINGS: "all",
      JOBSTRATA_PATH: "a b",
      // As join('|', …) gives it.
      JOBSTRATA_PLANS: "p q.json|r.json",
      JOBSTRATA_TARGETS: "",
      JOBSTRATA_VERSION: version,
    };
    const args = ["review", "--publish", "--format", "azure", "--findings", "all"].concat(
      ["--output", `sarif=${temp}/jobstrata/jobstrata.sarif`],
      ["--output", `junit=${temp}/jobstrata/jobstrata-junit.xml`],
      ["--fail-on", "warning", "--plan", "p q.json", "--plan", "r.json", "--", EVIL, "a b"],
    );
    expect(runScript(step?.bash ?? "", env)).toEqual(["--yes", `jobstrata@${version}`, ...args]);
    expect(runScript(step?.bash ?? "", env, { hasOwn: true })).toEqual([
      "--no",
      "jobstrata",
      ...args,
    ]);
  });
});

test("the hooks of pre-commit name scripts that can be run, and files that jobs are read from", () => {
  const hooks = parse(read(".pre-commit-hooks.yaml")) as {
    readonly id: string;
    readonly entry: string;
    readonly files: string;
    readonly language: string;
    readonly pass_filenames: boolean;
  }[];
  const docs = read("docs/ci.md");
  for (const { id, entry, files, language, pass_filenames } of hooks) {
    const [script = ""] = entry.split(" ");
    accessSync(join(ROOT, script), constants.X_OK);
    expect(docs).toContain(id);
    expect({ language, pass_filenames }).toEqual({ language: "script", pass_filenames: false });
    expect("lakehouse/databricks.yml").toMatch(new RegExp(files));
    expect("README.md").not.toMatch(new RegExp(files));
  }
});
