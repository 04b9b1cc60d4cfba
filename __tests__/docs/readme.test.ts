import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { Job } from "@cdktf/provider-databricks/lib/job";
import { AlertingJobs } from "../../src/alerting/atomic-jobs";
import { dev } from "../../src/alerting/environments";
import { App, JobLayer, RULES } from "../../src/index";
import { rulePage } from "../../src/policy/rule-page";

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
  const example = /<!-- example -->\s+```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";

  it("shows a hierarchy in at most 30 lines of code", () => {
    const lines = example.split("\n").filter((line) => line.trim() !== "");
    expect(lines.length).toBeGreaterThan(15);
    expect(lines.length).toBeLessThanOrEqual(30);
  });

  it("shows a hierarchy that synthesizes as it stands", () => {
    const cache = join(ROOT, "node_modules", ".cache", "jobstrata-readme");
    mkdirSync(cache, { recursive: true });
    const file = join(cache, "example.ts");
    const index = relative(cache, join(ROOT, "src", "index"));
    writeFileSync(file, example.replace('"jobstrata"', JSON.stringify(index)));

    execFileSync(process.execPath, ["-r", "tsx/cjs", file], {
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

describe("docs/rules.md", () => {
  it("leads to the page of every rule, in the order of the rules", () => {
    const links = [...rulesPage.matchAll(/^- \[([a-z-]+)\]\(rules\/\1\.md\)/gm)].map(
      ([, name]) => name,
    );
    expect(links).toEqual(RULES.map(({ name }) => name));
  });

  it("has pages as the rules say it: npm run generate:rule-pages", () => {
    const pages = join(ROOT, "docs", "rules");
    expect(readdirSync(pages).sort()).toEqual(RULES.map(({ name }) => `${name}.md`).sort());
    for (const rule of RULES)
      expect(readFileSync(join(pages, `${rule.name}.md`), "utf8")).toBe(rulePage(rule));
  });
});
