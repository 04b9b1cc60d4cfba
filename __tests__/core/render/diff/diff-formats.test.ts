import { JobGraph } from "../../../../src/core/model/job-graph";
import type { JobSpec } from "../../../../src/core/model/job-spec";
import { diffJson } from "../../../../src/core/render/diff/diff-json";
import { diffMarkdown } from "../../../../src/core/render/diff/diff-markdown";
import { diffMermaid } from "../../../../src/core/render/diff/diff-mermaid";
import { diffText } from "../../../../src/core/render/diff/diff-text";
import {
  diffHierarchies,
  type HierarchyDiff,
} from "../../../../src/core/render/diff/hierarchy-diff";
import { UnknownJobs } from "../../../../src/core/render/hierarchy";
import { HOSTILE_NAMES, job, notebook, runs, settled } from "../support";

function diffOf(
  before: readonly JobSpec[] | undefined,
  after: readonly JobSpec[] | undefined,
  environment = "dev",
): HierarchyDiff {
  const graph = (jobs: readonly JobSpec[] | undefined): JobGraph | undefined =>
    jobs && new JobGraph(environment, jobs.map(settled));
  const diff = diffHierarchies(graph(before), graph(after));
  if (diff instanceof UnknownJobs) throw new Error(diff.names.join());
  return diff;
}

const tables = job("tables", [notebook("run", "tables.py")]);
const seed = job("seed", [notebook("run", "seed.py")]);
const sync = job("sync", [notebook("run", "sync.py")], {
  parameters: [{ name: "catalog", default: "dev" }],
});
const setup = job("setup", [runs("tables"), runs("seed", { dependsOn: ["run_tables"] })]);
const BEFORE = [tables, seed, setup];
const AFTER = [
  { ...tables, name: "Tables" },
  seed,
  sync,
  job("setup", [
    runs("tables", { parameters: { catalog: "main" } }),
    runs("sync", { dependsOn: ["run_tables"] }),
  ]),
];
const diff = diffOf(BEFORE, AFTER);

describe("text", () => {
  it("reports every change below its job", () => {
    expect(diffText([diff], { since: "origin/main" })).toMatchInlineSnapshot(`
"dev: 1 job added, 2 changed (4 jobs in all), since origin/main
  ~ setup composite
      - task run_seed → seed
      + task run_sync → sync, after run_tables
      ~ task run_tables
          + parameter catalog: "main"
  + sync atomic
      + parameter catalog: "dev"
      + task run → sync.py
  ~ tables atomic
      + name: "Tables"
  ! no job runs seed any more (setup did)"
`);
  });

  it("says once what holds in several environments", () => {
    const prod = diffOf(BEFORE, [...AFTER.slice(1), { ...tables, name: "Prod" }], "prod");
    const staging = diffOf(undefined, [tables], "staging");
    const text = diffText([diff, prod, staging], { since: "HEAD" });
    expect(text.match(/^.*:.*|^ {2}\S.*/gm)).toEqual([
      "dev, prod: 1 job added, 2 changed (4 jobs in all), since HEAD",
      "staging: new, with 1 job, since HEAD",
      "dev, prod:",
      "  ~ setup composite",
      expect.any(String),
      "  + sync atomic",
      expect.any(String),
      "  ! no job runs seed any more (setup did)",
      "dev:",
      "  ~ tables atomic",
      '      + name: "Tables"',
      "prod:",
      "  ~ tables atomic",
      '      + name: "Prod"',
      "staging:",
      "  + tables atomic",
    ]);
  });

  it("says that nothing changes in one line, for all environments", () => {
    const none = [diffOf(BEFORE, BEFORE), diffOf(BEFORE, BEFORE, "prod")];
    expect(diffText(none, { since: "HEAD" })).toBe(
      "dev, prod: no changes (3 jobs in all), since HEAD",
    );
  });

  it("shows long values around the place where they differ", () => {
    const named = (end: string): JobSpec[] => [{ ...seed, name: `${"x".repeat(4096)}${end}` }];
    const text = diffText([diffOf(named("a"), named("b"))], { since: "HEAD" });
    expect(text).toContain(`name: "…${"x".repeat(40)}a" → "…${"x".repeat(40)}b"`);
  });
});

describe("mermaid", () => {
  it("draws changed jobs and their neighbours, with marks, colours and both kinds of edges", () => {
    expect(diffMermaid(diff).text.split("\n").slice(3)).toEqual([
      '  j0["#126; setup"]',
      '  j1["#43; sync"]',
      '  j2["#126; tables"]',
      '  j3["seed<br>no job runs it any more"]',
      '  j0 -->|"#43;"| j1',
      "  j0 --> j2",
      '  j2 -.->|"#43;"| j1',
      '  j0 -->|"#45;"| j3',
      '  j2 -.->|"#45;"| j3',
      "  class j0 changed",
      "  class j1 added",
      "  class j2 changed",
      "  class j3 same",
      expect.stringMatching(/^ {2}classDef added .*stroke:#2e7d32/),
      expect.stringMatching(/^ {2}classDef removed .*stroke:#c62828.*dasharray/),
      expect.stringMatching(/^ {2}classDef changed .*stroke:#b26a00/),
      expect.stringMatching(/^ {2}classDef same /),
      expect.stringMatching(/^ {2}linkStyle 0,2 stroke:#2e7d32/),
      expect.stringMatching(/^ {2}linkStyle 3 stroke:#c62828.*dasharray/),
      expect.stringMatching(/^ {2}linkStyle 4 stroke:#c62828/),
      "",
    ]);
  });

  it("leaves out unrelated jobs", () => {
    const far = job("far", [notebook("run", "far.py")]);
    expect(diffMermaid(diffOf([far, seed], [far, { ...seed, name: "x" }])).text).not.toContain(
      "far",
    );
  });

  it("has the tasks that differ inside their jobs, if these are asked for", () => {
    const { text } = diffMermaid(diff, { level: "tasks", orientation: "TB" });
    expect(text.split("\n").slice(3, 9)).toEqual([
      '  subgraph j0["#126; setup"]',
      '    j0t0["#45; run_seed<br>seed"]:::removed',
      '    j0t1["#43; run_sync<br>sync"]:::added',
      '    j0t2["#126; run_tables<br>tables"]:::changed',
      "  end",
      '  subgraph j1["#43; sync"]',
    ]);
    expect(text).toMatch(/^flowchart TB\n/);
  });

  it("respects the limits of GitHub, and counts the jobs that it left out", () => {
    const many = Array.from({ length: 700 }, (_, at) =>
      job(`job_${at}`, [notebook("run", `${at}`)]),
    );
    const all = job(
      "all",
      many.map(({ key }) => runs(key)),
    );
    const { text, leftOut } = diffMermaid(diffOf([], [...many, all]));
    expect(text.length).toBeLessThan(50_000);
    expect(text.match(/-->/g)?.length).toBeLessThanOrEqual(500);
    expect(leftOut).toBeGreaterThan(0);
    expect(text).toContain(`… and ${leftOut} more jobs`);
  });
});

/** What breaks out of Markdown, if it is let. */
const NAMES = [
  ...HOSTILE_NAMES,
  "@everyone fixes #1, GH-1, org/repo#1 and :tada:",
  "a | b \\| c \\\\| d",
  "``` and `` and `",
  "``",
  "</details></summary>",
  "www.evil.example https://evil.example me@evil.example",
  "![image](https://evil.example/x.png)",
  "$`x`$ $$y$$",
  "---\n# heading\n- [ ] item",
];
const hostile = NAMES.map((name, at) =>
  job(name, [notebook(name, name, { parameters: { [name]: name } }), runs(name)], {
    id: `jobs/${at}`,
    name,
    tags: { job_level: "atomic", [name]: name },
    parameters: [{ name, default: name }],
  }),
);
const other = hostile.map((spec) => ({
  ...spec,
  name: `${spec.name ?? ""}!`,
  parameters: [{ name: `${spec.key}!`, default: "" }],
}));
const HOSTILE_DIFFS = [
  diffOf([], hostile, NAMES.join()),
  diffOf(hostile, [], "</details>"),
  diffOf(hostile, other, "@everyone"),
];

/** Without code, in which nothing has a meaning, and the lines of the drawing. */
function withoutCode(markdown: string): string {
  return markdown
    .replace(/```mermaid\n[^`]*\n```/g, "")
    .replace(/(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)/g, "");
}

describe("external names", () => {
  // eslint-disable-next-line no-control-regex -- finding them is the point
  const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;
  const markdown = diffMarkdown(HOSTILE_DIFFS, { since: "`@everyone`" });

  it("bring no control characters into anything", () => {
    for (const each of HOSTILE_DIFFS) {
      expect(diffText([each], { since: "\u001b[31m" })).not.toMatch(control);
      expect(diffMermaid(each, { level: "tasks" }).text).not.toMatch(control);
    }
    expect(markdown).not.toMatch(control);
  });

  it("are nothing but code in Markdown: no HTML, link, mention, cell or heading", () => {
    const rest = withoutCode(markdown);
    const known = /<details><summary>All changes<\/summary>|<\/details>|\*\*|…|[➕➖→]|✏️|⚠️/gu;
    expect(rest.replace(known, "")).not.toMatch(/[<>&@|`[\]\\$*]|:\/\/|www\.|GH-|evil|!\[/);
    expect(rest.match(/^#.*$/gm)).toEqual([expect.stringMatching(/^### Job hierarchy: /)]);
  });

  it("end neither the drawing nor its boxes", () => {
    const blocks = [...markdown.matchAll(/```mermaid\n([\s\S]*?)\n```\n/g)];
    expect(blocks).toHaveLength(1);
    for (const each of HOSTILE_DIFFS) {
      const lines = diffMermaid(each, { level: "tasks" }).text.split("\n").slice(3);
      for (const line of lines) {
        expect(line).toMatch(
          /^$|^ {2,4}(subgraph )?j\d+(t\d+)?\["[^"<>`[\]|]*(<br>[^"<>`[\]|]*)?"\](:::\w+)?$|^ {2}end$|^ {2}j\d+ -\.?->(\|"#4[35];"\|)? j\d+$|^ {2}(class|classDef|linkStyle) [\w,]+ [-\w:#,; .]+$/,
        );
      }
    }
  });

  it("stay as they are in JSON", () => {
    const source = { kind: "bundle", path: "databricks.yml" };
    const { environments } = JSON.parse(
      diffJson(HOSTILE_DIFFS, { from: { ...source, revision: "HEAD" }, to: source }),
    ) as { environments: { jobs: { job: string }[] }[] };
    expect(environments[0]?.jobs.map((each) => each.job).sort()).toEqual([...NAMES].sort());
  });
});

describe("markdown", () => {
  it("is a heading, a summary, a drawing and every change to fold out", () => {
    const text = diffMarkdown([diff], { since: "origin/main" });
    expect(withoutDrawing(text)).toMatchInlineSnapshot(`
"### Job hierarchy: 1 job added, 2 changed

- \`dev\`: 1 job added, 2 changed (4 jobs in all), since \`origin/main\`

- ⚠️ no job runs \`seed\` any more (\`setup\` did)

(drawing)

<details><summary>All changes</summary>

- ✏️ \`setup\` composite
  - ➖ task \`run_seed\` → \`seed\`
  - ➕ task \`run_sync\` → \`sync\`, after \`run_tables\`
  - ✏️ task \`run_tables\`
    - ➕ parameter \`catalog\`: \`"main"\`
- ➕ \`sync\` atomic
  - ➕ parameter \`catalog\`: \`"dev"\`
  - ➕ task \`run\` → \`sync.py\`
- ✏️ \`tables\` atomic
  - ➕ \`name\`: \`"Tables"\`
- ⚠️ no job runs \`seed\` any more (\`setup\` did)

</details>"
`);
  });

  it("is two lines where nothing changes", () => {
    expect(diffMarkdown([diffOf(BEFORE, BEFORE)], { since: "HEAD" })).toBe(
      "### Job hierarchy: no changes\n\n- `dev`: no changes (3 jobs in all), since `HEAD`",
    );
  });

  it("counts a job of several environments once", () => {
    const both = [diff, diffOf(BEFORE, AFTER, "prod")];
    expect(diffMarkdown(both, { since: "HEAD" })).toMatch(
      /^### Job hierarchy: 1 job added, 2 changed\n/,
    );
  });

  it.each(["x", "日", "😀"])(
    "fits into a comment, whatever it is written in, and says what does not: %s",
    (letter) => {
      const long = Array.from({ length: 1500 }, (_, at) =>
        job(`${letter.repeat(60)}_${at}`, [notebook("run", letter.repeat(90))]),
      );
      const text = diffMarkdown([diffOf([], long), diffOf(long, [], "prod")], { since: "HEAD" });
      expect(Buffer.byteLength(text)).toBeLessThan(65_536);
      expect(Buffer.byteLength(text)).toBeGreaterThan(50_000);
      expect(text).toMatch(/<\/details>\n\n… and \d+ more lines that do not fit into a comment/);
      expect(text).toMatch(/… and \d+ more jobs, for which there is no room here/);
    },
  );
});

function withoutDrawing(markdown: string): string {
  return markdown.replace(/```mermaid\n[\s\S]*?\n```/, "(drawing)");
}
