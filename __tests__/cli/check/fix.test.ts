import {
  chmodSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { parse } from "yaml";
import { diffOf, writeFixes } from "../../../src/cli/check/fix";
import { apply, editYaml, quoteScalars } from "../../../src/cli/check/yaml-edit";
import { tempFolder } from "../../support/policy";
import { jobstrata } from "../program-support";

const JOBS = `# jobs of the shop
resources:
  jobs:
    # the seed
    seed:
      name: Seed  # shown

      environments:
        - environment_key: default
          spec:
            client: "1"
      tasks:
        - task_key: load
          environment_key: default
          notebook_task: {notebook_path: /Shared/a}
    flow: {name: Flow, tasks: [{task_key: a, run_job_task: {job_id: "\${resources.jobs.seed.id}"}}]}
    up:
      tags:
        layer: gold   # keep
        retention: 30
      tasks:
        - task_key: load_all
          run_job_task: {job_id: "\${resources.jobs.flow.id}"}
        - task_key: seed
          depends_on:
            - task_key: load_al
          run_job_task: {job_id: "\${resources.jobs.seed.id}"}
`;
const FIXED = JOBS.replace(
  "name: Seed  # shown\n",
  "name: Seed  # shown\n      tags:\n        job_level: atomic\n",
)
  .replace('client: "1"', 'environment_version: "4"')
  .replace("flow: {name", 'flow: {tags: { orchestrator: "true", job_level: composite }, name')
  .replace(
    "        layer",
    '        orchestrator: "true"\n        job_level: orchestrator\n        layer',
  )
  .replace("retention: 30", 'retention: "30"')
  .replace("task_key: load_al\n", "task_key: load_all\n");

function bundle(yaml: string): string {
  const folder = tempFolder();
  writeFileSync(join(folder, "databricks.yml"), yaml);
  return folder;
}
const check = (folder: string, ...args: string[]): ReturnType<typeof jobstrata> =>
  jobstrata("check", folder, "--preset", "spec", "--preset", "recommended", ...args);

describe("check --fix", () => {
  it("changes tags, dependencies, versions and quotes, and leaves every other byte as it is", async () => {
    const folder = bundle(JOBS);
    const file = join(folder, "databricks.yml");
    chmodSync(file, 0o640);
    const { err } = await check(folder, "--fix");
    expect(err).toBe("8 changes made in 1 file.\n");
    expect(readFileSync(file, "utf8")).toBe(FIXED);
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(readdirSync(folder)).toEqual(["databricks.yml"]);
    const again = await check(folder, "--fix");
    expect(again.err).toMatch(/^Nothing can be fixed/);
  });

  it("shows the same as a diff with --dry-run, and writes nothing", async () => {
    const folder = bundle(JOBS);
    const { code, out, err } = await check(folder, "--fix", "--dry-run");
    expect({ code, err }).toEqual({ code: 1, err: "8 changes would be made in 1 file.\n" });
    expect(out).toContain('\n-            client: "1"\n+            environment_version: "4"\n');
    expect(out).toContain("\n+      tags:\n+        job_level: atomic\n");
    expect(readFileSync(join(folder, "databricks.yml"), "utf8")).toBe(JOBS);
  });

  it("reports that nothing can be fixed", async () => {
    const folder = bundle(JOBS.replaceAll("notebook_task:", "notebook_task: &x"));
    await check(folder, "--fix");
    const clean = await jobstrata("check", folder, "--preset", "correctness", "--fix");
    expect(clean.err).toBe("Nothing can be fixed automatically.\n");
  });

  it("wants --fix for --dry-run", async () => {
    const { code, err } = await check(bundle(JOBS), "--dry-run");
    expect({ code, err }).toEqual({ code: 2, err: "--dry-run needs --fix\n" });
  });

  it("does not touch a file that has changed since it was read", () => {
    const folder = bundle(JOBS);
    const file = join(folder, "databricks.yml");
    expect(() => {
      writeFixes([{ file, before: "older", after: "newer", changes: 1 }]);
    }).toThrow(/has changed in the meantime/);
    expect(readFileSync(file, "utf8")).toBe(JOBS);
    expect(existsSync(`${file}.${process.pid}.tmp`)).toBe(false);
  });

  it("writes what a link leads to", () => {
    const folder = bundle(JOBS);
    const [file, link] = [join(folder, "databricks.yml"), join(folder, "linked.yml")];
    symlinkSync("databricks.yml", link);
    writeFixes([{ file: link, before: JOBS, after: "newer", changes: 1 }]);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(file, "utf8")).toBe("newer");
  });
});

describe("editYaml", () => {
  const tag = { path: ["tags", "job_level"], value: "atomic", line: 1, column: 1 };
  const edit = (text: string, change: Parameters<typeof editYaml>[1] = tag): string | undefined => {
    const replacement = editYaml(text, change);
    return replacement && apply(text, [replacement]);
  };

  test.each<[string, string, string | undefined]>([
    [
      "before the first key",
      "a:\n  tasks: []\n",
      "a:\n  tags:\n    job_level: atomic\n  tasks: []\n",
    ],
    [
      "behind the name",
      "a:\n  name: x\n  tasks: []\n",
      "a:\n  name: x\n  tags:\n    job_level: atomic\n  tasks: []\n",
    ],
    [
      "behind a name without a line break",
      "a:\n  name: x",
      "a:\n  name: x\n  tags:\n    job_level: atomic",
    ],
    [
      "in tags that there are",
      "a:\n  tags:\n    layer: x\n",
      "a:\n  tags:\n    job_level: atomic\n    layer: x\n",
    ],
    [
      "in quotes that there are",
      "a:\n  tags: {job_level: 'x'}\n",
      "a:\n  tags: {job_level: 'atomic'}\n",
    ],
    ["in a flow map", "a: {name: x}\n", "a: {tags: { job_level: atomic }, name: x}\n"],
    ["with CRLF", "a:\r\n  name: x\r\n", "a:\r\n  name: x\r\n  tags:\r\n    job_level: atomic\r\n"],
    ["not in an empty map", "a: {}\n", undefined],
    ["not in tags without a value", "a:\n  tags:\n", undefined],
    ["not where an anchor repeats them", "a: &x\n  name: y\nb: *x\n", undefined],
    ["not in what a merge brings", "x: &x {k: v}\na:\n  <<: *x\n", undefined],
    ["not in a file with errors", "a:\n  name: [\n", undefined],
    ["not in one with a key twice", "a:\n  name: x\n  name: y\n", undefined],
  ])("adds a tag %s", (_, text, expected) => {
    const line = text.split("\n").findIndex((each) => each.startsWith("a:")) + 1;
    expect(edit(text, { ...tag, line })).toBe(expected);
  });

  test("finds an item of a list by its key", () => {
    const change = {
      path: [
        "environments",
        { key: "environment_key", value: "ml" },
        "spec",
        "environment_version",
      ],
      value: "4",
      instead: "client",
      line: 1,
      column: 1,
    };
    const text =
      'a:\n  environments:\n    - environment_key: d\n    - {environment_key: ml, spec: {client: "2"}}\n';
    expect(edit(text, change)).toBe(text.replace('client: "2"', 'environment_version: "4"'));
    const none = "a:\n  environments:\n    - environment_key: ml\n";
    expect(edit(none, change)).toBe(
      'a:\n  environments:\n    - spec:\n        environment_version: "4"\n      environment_key: ml\n',
    );
  });

  test("changes nothing but the tag, whatever the job holds", () => {
    const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.string()));
    fc.assert(
      fc.property(
        fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), value, { minKeys: 1 }),
        (job) => {
          const text = `a:\n${Object.entries(job)
            .map(([key, item]) => `  ${key}: ${JSON.stringify(item)}  # ${key}\n`)
            .join("")}`;
          const after = edit(text);
          if (after === undefined) return;
          expect(parse(after)).toEqual({
            a: { ...job, tags: { job_level: "atomic" } },
          });
          for (const line of text.split("\n")) expect(after).toContain(line);
        },
      ),
    );
  });
});

test("quotes numbers and flags of tags, versions and outcomes, and nothing that would read otherwise", () => {
  const text = `resources:
  jobs:
    a:
      tags: {cost: 12, on: true, rate: 1.0, name: x}
      max_concurrent_runs: 4
      environments: [{environment_key: d, spec: {environment_version: 4}}]
      tasks: [{task_key: t, max_retries: 1, depends_on: [{task_key: c, outcome: true}]}]
targets:
  dev: {resources: {jobs: {a: {tags: {cost: 13}}}}}
`;
  expect(apply(text, quoteScalars(text))).toBe(
    text
      .replace("cost: 12, on: true", 'cost: "12", on: "true"')
      .replace("environment_version: 4", 'environment_version: "4"')
      .replace("outcome: true", 'outcome: "true"')
      .replace("cost: 13", 'cost: "13"'),
  );
});

test("a diff tells a file without a last line break", () => {
  expect(diffOf([{ file: "a.yml", before: "a: 1\nb: 2", after: 'a: "1"\nb: 2' }])).toBe(
    '--- a/a.yml\n+++ b/a.yml\n@@ -1,2 +1,2 @@\n-a: 1\n+a: "1"\n b: 2\n\\ No newline at end of file',
  );
});
