import fc from "fast-check";
import { JobGraph } from "../../../src/core/model/job-graph";
import type { JobSpec } from "../../../src/core/model/job-spec";
import { jobPages, PAGE_MARK } from "../../../src/core/render/job-page";
import { pageNames } from "../../../src/core/render/page-name";
import { expectLinear } from "../../support/growth";
import { finding, hostileJobs, HOSTILE_NAMES, job, notebook, runs, task } from "./support";

function pagesOf(
  jobs: readonly JobSpec[],
  options: Parameters<typeof jobPages>[1] = {},
): Readonly<Record<string, string>> {
  return Object.fromEntries(jobPages(new JobGraph("dev", jobs), options));
}

/** The cells of the table below a heading, or of the first table. */
function rowsOf(page = "", heading = ""): string[][] {
  const [, table = ""] = /\n(\|[^]*?)\n(?!\|)/.exec(page.slice(page.indexOf(heading))) ?? [];
  return table
    .split("\n")
    .slice(2)
    .map((row) => row.slice(2, -2).split(" | "));
}

describe("the page of a job", () => {
  const seed = job("seed", [notebook("run", "src/seed.py", { parameters: { day: "1" } })], {
    name: "[dev ada] [dev] Alert Seeding",
    description: "Seeds all alerts.\n\n- from YAML\r\n    indented",
    tags: { job_level: "atomic", team: "platform", owner: "ada" },
    owner: { group: "data" },
    runAs: { servicePrincipal: "6c1e" },
    triggers: [
      { kind: "schedule", detail: "0 0 6 * * ? (UTC)", paused: true },
      { kind: "continuous", paused: false },
    ],
    notifications: [
      { event: "on_failure", channel: "email", count: 1, to: ["ada@example.com"] },
      { event: "on_start", channel: "webhook", count: 2 },
    ],
    parameters: [{ name: "catalog", default: "main" }, { name: "schema" }],
    source: { file: "resources/seed.yml", line: 3, column: 5 },
  });
  const all = job("all", [
    task("each", {
      types: ["for_each_task"],
      forEachInputs: "[1, 2]",
      dependsOn: ["first"],
      forEach: runs("seed", { taskKey: "inner" }),
    }),
    notebook("first", "src/first.py"),
    task("other", { types: ["run_job_task"], runJob: { kind: "literal", jobId: "12" } }),
  ]);
  const pages = pagesOf([seed, all], {
    findings: [finding([seed], "retries", "warning")],
    environmentsOf: () => ["dev", "prod"],
  });

  it("begins with the marker that allows a later run to replace it", () => {
    for (const page of Object.values(pages)) expect(page.split("\n")[0]).toBe(PAGE_MARK);
  });

  it("is called by the job's name, without environments before it", () => {
    expect(pages["seed.md"]).toContain("\n# Alert Seeding\n");
    expect(pages["all.md"]).toContain("\n# all\n");
  });

  it("has the description as text", () => {
    expect(pages["seed.md"]).toContain("\nSeeds all alerts.\n\n\\- from YAML\nindented\n");
  });

  it("says what the sources know of it", () => {
    expect(Object.fromEntries(rowsOf(pages["seed.md"]) as [string, string][])).toEqual({
      Key: "seed",
      Name: "\\[dev ada\\] \\[dev\\] Alert Seeding",
      Level: "atomic",
      Environments: "**dev**, prod",
      Starts: "schedule: 0 0 6 \\* \\* ? \\(UTC\\) (paused)<br>continuous",
      Owner: "ada, platform, data",
      "Runs as": "6c1e",
      Notifies: "on\\_failure: ada@&#8203;example.com<br>on\\_start: 2 webhooks",
      Tags: "job\\_level: atomic<br>team: platform<br>owner: ada",
      "Deployed with": "jobs",
      "Written in": "resources/seed.yml:3:5",
    });
    expect(rowsOf(pages["seed.md"], "## Parameters")).toEqual([
      ["catalog", "main"],
      ["schema", ""],
    ]);
  });

  it("links to the jobs that run it and the jobs that it runs", () => {
    expect(pages["seed.md"]).toContain("### Run by\n\n- [all](all.md), task inner\n");
    expect(pages["seed.md"]).not.toContain("### Runs");
    expect(pages["all.md"]).toContain("### Runs\n\n- [seed](seed.md), task inner\n");
    expect(pages["seed.md"]).toMatch(/```mermaid\nflowchart LR\n[^]*"all"[^]*class j1 focus\n```/);
  });

  it("has the tasks in the order in which they begin, those inside others behind them", () => {
    expect(rowsOf(pages["all.md"], "## Tasks")).toEqual([
      ["1", "first", "notebook src/first.py", "", ""],
      ["2", "other", "job 12", "", ""],
      ["3", "each", "for each of \\[1, 2\\]", "after first", ""],
      ["↳", "inner", "runs [seed](seed.md)", "", ""],
    ]);
    expect(rowsOf(pages["seed.md"], "## Tasks")).toEqual([
      ["1", "run", "notebook src/seed.py", "", "day: 1"],
    ]);
  });

  it("says what the policy finds", () => {
    expect(rowsOf(pages["seed.md"], "## Findings")).toEqual([
      ["⚠️", "retries", "retries says no", "fix it"],
    ]);
    expect(pages["all.md"]).toContain("## Findings\n\nThe policy finds nothing.\n");
  });

  it("states that nothing runs the job and it runs nothing", () => {
    expect(pagesOf([job("alone")])["alone.md"]).toMatch(
      /## Graph\n\nNo job runs it, and it runs none\.\n\n## Tasks\n\nNone\.\n/,
    );
  });
});

describe("the index", () => {
  it("has the graph and every job, from the top down", () => {
    const seed = job("seed", [notebook("run", "seed.py")]);
    const tables = job("tables", [notebook("run", "tables.py")], { description: "Makes\ntables" });
    const setup = job("setup", [runs("seed"), runs("tables")]);
    const nightly = job("nightly", [runs("setup")], {
      tags: { job_level: "orchestrator" },
      runAs: { user: "bob" },
    });
    const loose = job("loose", [], { tags: { owner: "ada" }, runAs: { user: "bob" } });
    const page = pagesOf([loose, tables, seed, setup, nightly], {
      findings: [finding([seed, setup])],
    })["README.md"];
    expect(page).toContain(
      "# Jobs of dev\n\n5 jobs: 1 orchestrator, 1 composite, 2 atomic, 1 without a level.\n",
    );
    expect(page).toContain("```mermaid\nflowchart LR\n");
    expect(rowsOf(page)).toEqual([
      ["[nightly](nightly.md)", "orchestrator", "runs 1 job", "", "runs as bob", "", ""],
      [
        "[setup](setup.md)",
        "composite",
        "runs 2 jobs",
        "",
        "",
        "[nightly](nightly.md)",
        "❌ notebook-in-one-job",
      ],
      [
        "[seed](seed.md)",
        "atomic",
        "seed.py",
        "",
        "",
        "[setup](setup.md)",
        "❌ notebook-in-one-job",
      ],
      ["[tables](tables.md)", "atomic", "Makes", "", "", "[setup](setup.md)", ""],
      ["[loose](loose.md)", "", "", "", "ada", "", ""],
    ]);
  });

  it("has a tree of all jobs where there is no room for them in the graph", () => {
    const atomic = Array.from({ length: 1000 }, (_, at) => job(`a${at}`));
    const page = pagesOf([
      job(
        "all",
        atomic.map(({ key }) => runs(key)),
      ),
      ...atomic,
    ])["README.md"];
    expect(page).toContain("500 jobs of 1001 have no room in this drawing; this has all of them:");
    expect(page).toMatch(/```text\nall {2}composite\n├─ a0 {2}atomic\n[^]*└─ a999 {2}atomic\n```/);
  });
});

describe("hostile text", () => {
  const { jobs, findings } = hostileJobs();
  const everything = jobs.map((each, at): JobSpec => {
    const name = HOSTILE_NAMES[at] ?? "";
    return {
      ...each,
      name,
      description: HOSTILE_NAMES.map((text) => `${text}\n===\n---`).join("\n"),
      tags: { ...each.tags, owner: name, [name]: name },
      parameters: [{ name, default: name }],
      triggers: [{ kind: "schedule", detail: name }],
      source: { file: name },
    };
  });
  const pages = pagesOf(everything, { findings, environmentsOf: () => HOSTILE_NAMES });

  it("is text: no HTML, no links, no code, no formulas, no headings but those of the page", () => {
    for (const page of Object.values(pages)) {
      const text = page
        .replace(PAGE_MARK, "")
        .replace(/```mermaid\n[^`]*```\n/g, "")
        .replaceAll("<br>", "");
      expect(text).not.toMatch(/[<>]/);
      expect(text).not.toMatch(/(?<!\\)[`$]/);
      expect(text).not.toMatch(/^(?:=+|-+)$/m);
      for (const [heading] of text.matchAll(/^#.*$/gm))
        expect(heading).toMatch(/^(?:# .|## (?:Graph|Tasks|Parameters|Findings)$|### Run)/);
      for (const [, file = ""] of text.matchAll(/(?<!\\)\]\((?!\\)([^)]*)\)/g))
        expect(pages).toHaveProperty([file]);
    }
  });

  it("breaks no row of a table", () => {
    for (const page of Object.values(pages)) {
      let columns = 0;
      for (const line of page.replace(/```[^`]*```/g, "").split("\n")) {
        const cells = line.startsWith("|") ? (line.match(/(?<!\\)\|/g)?.length ?? 0) : 0;
        if (columns > 0 && cells > 0) expect([line, cells]).toEqual([line, columns]);
        columns = cells;
      }
    }
  });
});

describe("names of pages", () => {
  const namesOf = (...keys: string[]): string[] => [
    ...pageNames(keys.map((key, at) => job(key, [], { id: `${at}` }))).values(),
  ];

  it("are the keys, where those can be file names", () => {
    expect(namesOf("alerting_seed_job", "a-1")).toEqual(["alerting_seed_job.md", "a-1.md"]);
  });

  it("tell keys apart that some file systems do not", () => {
    const names = namesOf("seed", "Seed", "SEED", "con", "readme", "README", "a/b", "a:b", "");
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
    expect(names[0]).toBe("seed.md");
    expect(names).toContainEqual(expect.stringMatching(/^con-[0-9a-f]{10}\.md$/));
    expect(names).toContainEqual(expect.stringMatching(/^readme-[0-9a-f]{10}\.md$/));
  });

  it("do not depend on other jobs", () => {
    expect(namesOf("x", "Seed", "y")[1]).toBe(namesOf("Seed")[0]);
  });

  it("are apart for jobs that have one key, or a key like another's page", () => {
    const [hashed = ""] = namesOf("Seed");
    const names = namesOf("seed", "seed", "Seed", hashed.replace(/\.md$/, ""));
    expect(new Set(names).size).toBe(4);
  });

  it("are safe, short and unique for any keys", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ unit: "binary", maxLength: 200 })), (keys) => {
        const names = namesOf(...keys, ...HOSTILE_NAMES.filter((key) => !keys.includes(key)));
        for (const name of names) expect(name).toMatch(/^[a-z0-9][a-z0-9_-]{0,79}\.md$/);
        expect(new Set(names).size).toBe(names.length);
      }),
    );
  });
});

it("makes the pages of many jobs in linear time", () => {
  expectLinear((size) => {
    const jobs = Array.from({ length: size / 20 }, (_, at) => {
      const atomic = Array.from({ length: 19 }, (_job, of) =>
        job(`a${at}-${of}`, [notebook("run", "n.py")]),
      );
      return [
        ...atomic,
        job(
          `c${at}`,
          atomic.map(({ key }) => runs(key)),
        ),
      ];
    }).flat();
    return () => {
      expect(Object.keys(pagesOf(jobs))).toHaveLength(size + 1);
    };
  }, 240);
});
