import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
// eslint-disable-next-line @typescript-eslint/no-require-imports -- the module is a class
import Ajv = require("ajv");
import { parse } from "yaml";
import { Job } from "@cdktf/provider-databricks/lib/job";
import { AlertingJobs } from "../../src/alerting/atomic-jobs";
import { dev } from "../../src/alerting/environments";
import { App, JobLayer, RULES } from "@jobstrata/cdktf";
import { loadConfig } from "../../src/core/config/config";
import { configSchema } from "../../src/core/config/config-schema";
import { rulePage } from "../../src/core/policy/rule-page";
import { TYPESCRIPT } from "../e2e/support/processes";

const ROOT = resolve(__dirname, "..", "..");
const readme = readFileSync(join(ROOT, "README.md"), "utf8");
const rulesPage = readFileSync(join(ROOT, "docs", "rules.md"), "utf8");

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "jobstrata-readme-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe("the README", () => {
  const example =
    /<!-- example -->\s+<!-- prettier-ignore -->\s+```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";

  it("shows a hierarchy in at most 30 lines of code", () => {
    const lines = example.split("\n").filter((line) => line.trim() !== "");
    expect(lines.length).toBeGreaterThan(15);
    expect(lines.length).toBeLessThanOrEqual(30);
  });

  it("shows a hierarchy that synthesizes", () => {
    const cache = join(ROOT, "node_modules", ".cache", "jobstrata-readme");
    mkdirSync(cache, { recursive: true });
    const file = join(cache, "example.ts");
    writeFileSync(file, example);

    execFileSync(process.execPath, [...TYPESCRIPT, file], {
      cwd: ROOT,
      env: { ...process.env, CDKTF_OUTDIR: folder },
    });

    expect(readdirSync(join(folder, "stacks")).sort()).toEqual([
      "alerting-dev-atomic",
      "alerting-dev-composite",
      "alerting-staging-atomic",
      "alerting-staging-composite",
    ]);
  });

  it("shows a violation as it is reported", () => {
    const app = new App({ outdir: folder });
    const alerting = new JobLayer(app, "alerting", { environment: dev });
    new AlertingJobs(alerting.atomic);
    new Job(alerting.composite, "alerting_shortcut_job", {
      name: "[dev] Health Monitor - Alerting Shortcut",
      tags: { job_level: "composite" },
      task: [
        {
          taskKey: "setup_tables",
          notebookTask: {
            notebookPath: "/Shared/jobstrata/dev/src/alerting/setup_alerting_tables",
          },
        },
        {
          taskKey: "seed_alerts",
          runJobTask: { jobId: "${databricks_job.alerting_shortcut_job.id}" as never },
        },
      ],
    });
    const withoutSources = (text: string): string => text.replace(/ \([\w./-]+:\d+\)$/gm, "");

    const shown = /How a violation looks[\s\S]*?```\n([\s\S]*?)```/.exec(readme)?.[1] ?? "missing";
    const blocks = withoutSources(shown).trim().split("\n\n").slice(1);

    let message = "";
    try {
      app.synth();
    } catch (error) {
      message = withoutSources((error as Error).message);
    }
    expect(blocks).toHaveLength(1);
    for (const block of blocks) expect(message).toContain(block);
  });
});

describe("the README on check", () => {
  it("shows what the wrong pattern looks like", () => {
    const { stdout } = spawnSync(
      process.execPath,
      [join(ROOT, "src", "cli", "bin", "jobstrata.js"), "check"],
      {
        cwd: join(ROOT, "__tests__", "fixtures", "wrong-bundle"),
        encoding: "utf8",
      },
    );
    expect(readme).toContain(`\`\`\`\n${stdout}\`\`\``);
  });
});

describe("docs/rules.md", () => {
  it("leads to the page of every rule, in the order of the rules", () => {
    const links = [...rulesPage.matchAll(/^- \[([a-z-]+)\]\(rules\/\1\.md\)/gm)].map(
      ([, name]) => name,
    );
    expect(links).toEqual(RULES.map(({ name }) => name));
  });

  it("has pages as the rules say it: npm run generate:docs", () => {
    const pages = join(ROOT, "docs", "rules");
    expect(readdirSync(pages).sort()).toEqual(RULES.map(({ name }) => `${name}.md`).sort());
    for (const rule of RULES)
      expect(readFileSync(join(pages, `${rule.name}.md`), "utf8")).toBe(rulePage(rule));
  });
});

describe("the JSON schema of the configuration", () => {
  const text = readFileSync(join(ROOT, "docs", "jobstrata.config.schema.json"), "utf8");

  it("is as the configuration is read: npm run generate:docs", () => {
    expect(JSON.parse(text)).toEqual(configSchema(RULES));
  });

  it("accepts and rejects the same files as the configuration reader", () => {
    const validate = new Ajv({ format: false }).compile(JSON.parse(text) as object);
    const example = /```yaml\n([^]*?)```/.exec(
      readFileSync(join(ROOT, "docs", "check.md"), "utf8"),
    )?.[1];
    const file = join(folder, "jobstrata.config.yaml");
    const names = RULES.map(({ name }) => name);
    const takes = (yaml: string): boolean => {
      writeFileSync(file, yaml);
      try {
        loadConfig(folder, names, file);
        return true;
      } catch {
        return false;
      }
    };
    expect(takes(example ?? "")).toBe(true);
    for (const yaml of [
      example ?? "",
      "presets: [spec, recommended]\n",
      "presets: [all]\n",
      "preset: [spec]\n",
      "rules: {retries: error, timeout: {severity: off, minutes: 5}}\n",
      "rules: {retris: error}\n",
      "rules: {retries: fatal}\n",
      "suppressions: [{rule: retries, job: seed, reason: later}]\n",
      "suppressions: [{rule: retries, job: seed}]\n",
      "cloud: ibm\n",
      "failOn: never\n",
      "ignore: legacy\n",
    ])
      expect([yaml, validate(parse(yaml))]).toEqual([yaml, takes(yaml)]);
  });
});

describe("the workflow of this repository", () => {
  it("checks the hierarchy with a command that passes here", () => {
    const workflow = parse(
      readFileSync(join(ROOT, ".github", "workflows", "hierarchy.yml"), "utf8"),
    ) as { jobs: { hierarchy: { steps: { run?: string }[] } } };
    const commands = workflow.jobs.hierarchy.steps.flatMap(({ run }) => run ?? []);
    const check = commands.find((command) => command.includes("jobstrata check"));
    expect(commands).toEqual(["npm ci", "npx cdktf synth", check]);

    const outdir = join(folder, "cdktf.out");
    const env = {
      ...process.env,
      CDKTF_OUTDIR: outdir,
      GITHUB_STEP_SUMMARY: join(folder, "summary.md"),
    };
    mkdirSync(outdir);
    execFileSync(process.execPath, [...TYPESCRIPT, "main.ts"], { cwd: ROOT, env });
    const sarif = join(folder, "jobstrata.sarif");
    const output = execFileSync("sh", ["-ec", (check ?? "").replace("jobstrata.sarif", sarif)], {
      cwd: ROOT,
      env,
      encoding: "utf8",
    });
    expect(output).toBe("jobstrata: no findings (1 suppressed)\n");
    expect(JSON.parse(readFileSync(sarif, "utf8"))).toMatchObject({ version: "2.1.0" });
    expect(readFileSync(join(folder, "summary.md"), "utf8")).toMatch(
      /^### Job hierarchy: no findings/,
    );
  });
});
