import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as fc from "fast-check";
import { readBundle } from "../../../../src/core/readers/bundle/read-bundle";
import { BUNDLE_SCHEMA } from "../../../../src/core/readers/bundle/bundle-schema";
import { tempFolder } from "../../../support/policy";

/** What is said of a bundle, each as `rule file:line:column message | fix`. */
function problemsOf(files: Readonly<Record<string, string>>, targets: string[] = []): string[] {
  const folder = mkdtempSync(join(tempFolder(), "bundle-"));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  const { problems } = readBundle(join(folder, "databricks.yml"), { targets, env: {} });
  return problems.map(({ rule = "unread", severity, message, fix, location, sites = [] }) => {
    const { file = "", line, column } = location ?? {};
    const place = [file.slice(file.lastIndexOf(folder.split("/").at(-1) ?? "")), line, column]
      .filter((part) => part !== undefined)
      .join(":")
      .replace(/^bundle-[^/]*\//, "");
    const tasks = sites.map(({ taskKey = "" }) => (taskKey === "" ? "" : ` #${taskKey}`)).join("");
    return `${severity} ${rule} ${place}${tasks} ${message} | ${fix}`;
  });
}

const job = (lines: string): string =>
  `resources:\n  jobs:\n    seed:\n${lines.replace(/^/gm, "      ")}\n`;
const task = (lines: string): string =>
  job(`tasks:\n  - task_key: run\n${lines.replace(/^/gm, "    ")}`);
const ofJob = (lines: string): string[] => problemsOf({ "databricks.yml": job(lines) });
const ofTask = (lines: string): string[] => problemsOf({ "databricks.yml": task(lines) });
const NOTEBOOK = "notebook_task: {notebook_path: /Shared/x}";

describe("a value of another shape is an error at its line", () => {
  test.each([
    [
      "depends_on: [setup]",
      "an item of another shape",
      '7:24 #run an item of depends_on must be a map, not "setup" | write {task_key: setup}',
    ],
    [
      "depends_on: setup",
      "a key instead of a list",
      '7:11 #run depends_on must be a list, not "setup" | write it as a list: [{task_key: setup}]',
    ],
    [
      "depends_on: {task_key: setup}",
      "a map instead of a list",
      "7:11 #run depends_on must be a list, not a map | write it as a list: [{task_key: KEY}]",
    ],
    [
      "max_retries: often",
      "text instead of a number",
      '7:11 #run max_retries must be a whole number, not "often" | write the number alone',
    ],
    [
      "disabled: maybe",
      "text instead of true or false",
      '7:11 #run disabled must be true or false, not "maybe" | write true or false',
    ],
    [
      "email_notifications: {on_failure: ada@example.com}",
      "text instead of a list",
      '7:33 #run on_failure must be a list, not "ada@example.com" | begin each of its items with "- "',
    ],
    [
      "environment_key: [default]",
      "a list instead of text",
      "7:11 #run environment_key must be text, not a list | write it as text in quotes",
    ],
  ])("%s: %s", (line, _, expected) => {
    expect(ofTask(`${NOTEBOOK}\n${line}`)).toEqual([`error job-schema databricks.yml:${expected}`]);
  });

  test.each([
    ["tasks: 5", '4:7 tasks must be a list, not 5 | begin each of its items with "- "'],
    ["tasks: {a: 1}", '4:7 tasks must be a list, not a map | begin each of its items with "- "'],
    [
      "tasks: [5]",
      "4:15 an item of tasks must be a map, not 5 | write its settings as key: value below tasks",
    ],
    ["tags: [a]", '4:7 tags must be a map, not a list | write its keys without "- "'],
    [
      "environments: default",
      '4:7 environments must be a list, not "default" | begin each of its items with "- "',
    ],
    [
      "parameters: [a]",
      '4:20 an item of parameters must be a map, not "a" | write its settings as key: value below parameters',
    ],
    ["tags: {1: x}", '4:14 key 1 is a number, which the Databricks CLI refuses | quote it: "1"'],
    [
      "description: {{job.id}}",
      '4:21 a map or list is used as a key | quote a value that begins with a brace: "{{job.id}}"',
    ],
  ])("%s of a job", (line, expected) => {
    expect(ofJob(line)[0]).toBe(`error job-schema databricks.yml:${expected}`);
  });

  test.each([
    ["resources: {jobs: {odd: x}}", '1:20 odd must be a map, not "x"'],
    ["resources: {jobs: {odd: }}", '1:20 job "odd" has nothing below it'],
    ["resources: {jobs: [x]}", "1:13 jobs must be a map, not a list"],
    ["targets: [dev]", "1:1 targets must be a map, not a list"],
    ["targets: {dev: x}", '1:11 dev must be a map, not "x"'],
    ["include: x", '1:1 include must be a list, not "x"'],
  ])("%s", (yaml, expected) => {
    expect(problemsOf({ "databricks.yml": yaml })[0]).toContain(
      `error job-schema databricks.yml:${expected}`,
    );
  });

  test("what variables stand for is checked where it is written", () => {
    const yaml = `variables:
  first:
    type: complex
    default: [setup]
${task(`${NOTEBOOK}\ndepends_on: \${var.first}`)}`;
    expect(problemsOf({ "databricks.yml": yaml })).toEqual([
      'error job-schema databricks.yml:11:11 #run an item of depends_on must be a map, not "setup" | write {task_key: setup}',
    ]);
  });

  test("an override is found in the file of its target", () => {
    const yaml = `include: [seed.yml]
targets:
  dev: {}
  prod:
    resources:
      jobs:
        seed:
          tasks:
            - task_key: run
              max_retries: x
`;
    const files = { "databricks.yml": yaml, "seed.yml": task(NOTEBOOK) };
    expect(problemsOf(files)).toEqual([
      'error job-schema databricks.yml:10:15 #run max_retries must be a whole number, not "x" | write the number alone',
    ]);
    expect(problemsOf(files, ["dev"])).toEqual([]);
  });
});

describe("a key with nothing below it", () => {
  test.each(["notebook_task", "python_wheel_task", "for_each_task"])("%s", (type) => {
    expect(ofTask(`${type}:\ndescription: x`)).toEqual([
      `error job-schema databricks.yml:6:11 #run ${type} has nothing below it, so the task has no type | indent its settings below it`,
    ]);
  });

  test("is nothing elsewhere", () => {
    expect(ofTask(`${NOTEBOOK}\nlibraries:\ntimeout_seconds:`)).toEqual([]);
    expect(ofJob("tags:\nenvironments:\ntasks: []")).toEqual([]);
  });
});

describe("an unknown key", () => {
  test.each([
    [
      "notbook_task: {notebook_path: x}",
      'error job-schema databricks.yml:6:11 #run "notbook_task" is not a task type (did you mean "notebook_task"?) | write notebook_task; the Databricks CLI drops a type that it does not know',
    ],
    [
      `${NOTEBOOK}\nmax_retry: 2`,
      'warning unknown-field databricks.yml:7:11 #run "max_retry" is not a field of a task (did you mean "max_retries"?), so it has no effect | write max_retries, or remove it',
    ],
    [
      `${NOTEBOOK}\ndepend_on: [{task_key: a}]`,
      'error unknown-field databricks.yml:7:11 #run "depend_on" is not a field of a task (did you mean "depends_on"?), so it has no effect | write depends_on, or remove it',
    ],
    [
      `${NOTEBOOK}\nbase_parameters: {day: 1}`,
      'warning unknown-field databricks.yml:7:11 #run "base_parameters" is not a field of a task, so it has no effect | move it below notebook_task',
    ],
    [
      `${NOTEBOOK}\nschedule: {}`,
      'warning unknown-field databricks.yml:7:11 #run "schedule" is not a field of a task, so it has no effect | move it to a job',
    ],
  ])("%j", (lines, expected) => {
    expect(ofTask(lines)).toEqual([expected]);
  });

  test("at the top decides what there is", () => {
    expect(problemsOf({ "databricks.yml": "resource: {jobs: {}}\n" })).toEqual([
      'error unknown-field databricks.yml:1:1 "resource" is not a field of a bundle (did you mean "resources"?), so it has no effect | write resources, or remove it',
    ]);
  });

  test("of anchors alone may have any name", () => {
    const yaml = `x-common: &common {max_retries: 2}
x-list: [&a {timeout_seconds: 1}, &b {timeout_seconds: 2}]
x-other: {max_retries: 2}
${task(NOTEBOOK)}          <<: *common\n`;
    expect(problemsOf({ "databricks.yml": yaml })).toEqual([
      expect.stringMatching(/^warning unknown-field databricks\.yml:3:1 "x-other"/),
    ]);
  });
});

test("a missing required field is a warning", () => {
  expect(ofTask("spark_python_task: {parameters: [a]}")).toEqual([
    "warning job-schema databricks.yml:6:11 #run spark_python_task lacks python_file | set python_file",
  ]);
});

describe("what the Databricks CLI takes", () => {
  test.each([
    "max_retries: '2'",
    "max_retries: 2.0",
    "max_retries: ${var.n}",
    "depends_on: ${var.n}",
    "disabled: 'yes'",
    "description: 5",
    "description: 2026-11-28",
    "email_notifications: {on_failure: ['${var.n}', 7]}",
    "new_cluster: ${var.n}",
  ])("%s", (line) => {
    const yaml = `variables: {n: {description: given when it is deployed}}\n${task(`${NOTEBOOK}\n${line}`)}`;
    expect(problemsOf({ "databricks.yml": yaml })).toEqual([]);
  });

  const SCALARS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
    any: fc.jsonValue(),
    string: fc.oneof(fc.constantFrom("x", "${var.n}"), fc.integer(), fc.boolean()),
    bool: fc.oneof(fc.boolean(), fc.constantFrom("yes", "${var.n}")),
    int: fc.oneof(fc.integer(), fc.constantFrom("7", "${var.n}")),
    float: fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constant("${var.n}")),
  };
  /** Values of a type of the schema, with all of its fields down to a depth. */
  function valueOf(shape: string, depth: number): fc.Arbitrary<unknown> {
    if (shape.endsWith("[]")) return fc.array(valueOf(shape.slice(0, -2), depth), { maxLength: 2 });
    if (shape.endsWith("{}")) {
      return fc.dictionary(fc.constantFrom("a", "b"), valueOf(shape.slice(0, -2), depth));
    }
    const scalar = SCALARS[shape];
    if (scalar !== undefined) return scalar;
    const fields = (BUNDLE_SCHEMA[shape] ?? "").split(" ").flatMap((field) => {
      const [, name = "", mark, inner = ""] = /^([^!:]+)(!?):(.*)$/.exec(field) ?? [];
      const isDeep = BUNDLE_SCHEMA[inner.replace(/[[\]{}]+$/, "")] !== undefined;
      return isDeep && depth === 0 && mark === ""
        ? []
        : [[name, valueOf(inner, Math.max(0, depth - 1))] as const];
    });
    return fc.record(Object.fromEntries(fields));
  }

  test("every field of a job, whatever it holds", () => {
    // Tasks in for-each tasks in tasks would not end.
    const { ForEachTask: _, ...parts } = BUNDLE_SCHEMA;
    const jobs = (BUNDLE_SCHEMA.Job ?? "")
      .split(" ")
      .map((field) => field.replace(/!?:.*/, ""))
      .filter((name) => !["tasks", "git_source"].includes(name));
    expect(Object.keys(parts).length).toBeGreaterThan(80);
    fc.assert(
      fc.property(
        valueOf("Job", 3).map((value) => value as Record<string, unknown>),
        (value) => {
          const content = Object.fromEntries(jobs.map((name) => [name, value[name]]));
          const yaml = JSON.stringify({
            variables: { n: { description: "x" } },
            resources: { jobs: { seed: content } },
          });
          expect(problemsOf({ "databricks.yml": yaml })).toEqual([]);
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe("a key that is written twice", () => {
  test("is an error, and the last value counts", () => {
    const yaml = job("description: one\ntags: {job_level: atomic}\ndescription: two\ntasks: []");
    const folder = tempFolder();
    writeFileSync(join(folder, "databricks.yml"), yaml);
    expect(problemsOf({ "databricks.yml": yaml })).toEqual([
      'error duplicate-key databricks.yml:6:7 key "description" is already in line 4; only this value counts | remove one of the two, or merge them',
    ]);
    const [graph] = readBundle(join(folder, "databricks.yml")).graphs;
    expect(graph?.jobs).toMatchObject([{ description: "two" }]);
  });

  test("with the same value is a warning", () => {
    expect(ofJob("description: one\ndescription: one\ntasks: []")).toEqual([
      'warning duplicate-key databricks.yml:5:7 key "description" is already in line 4, with the same value | remove one of the two',
    ]);
  });
});

describe("one slip of YAML is one finding with a hint", () => {
  test.each([
    ["a:\n\tb: 1\n", "2:1", "a tab indents the line", "indent with spaces"],
    ["a:\n  b: Load: orders\n", "2:6", 'a value holds ": "', "quote the value"],
    ['a:\n  b: "x\n  c: 1\n', "2:6", "a quote is not closed", "close it"],
    ["a:\n  b: [1, 2\n  c: 3\n", "3:3", "a bracket or brace is not closed", "close it"],
    ["a:\n    b: 1\n  c: 2\n", "3:1", "the line is not indented as those", "align it"],
    ["a:\n  b:1\n  c: 2\n", "2:3", 'a key is not followed by ": "', "put a space"],
    ["a:\n  b: |\n  SELECT a,\n  b FROM c\n  d: 1\n", "3:3", "the text below |", "indent it"],
    ["a:\n  b: @x\n", "2:6", "a value begins with @", "quote it"],
    ["{% if x %}\na: 1\n{% endif %}\n", "1:2", "the file is a template", "check what is generated"],
    ["<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> b\n", "1:1", "a merge conflict", "keep one side"],
  ])("%j", (yaml, place, what, fix) => {
    const found = problemsOf({ "databricks.yml": yaml });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`error unread databricks.yml:${place} this is not YAML: ${what}`);
    expect(found[0]).toContain(`| ${fix}`);
  });
});

describe("a value without effect is reported", () => {
  test("a file that no include finds, and that ** is one folder", () => {
    const files = {
      "databricks.yml": "include: [jobs/**/*.yml]\n",
      "jobs/a.yml": job("tasks: []"),
      "jobs/deep/b.yml": job("tasks: []").replace("seed", "other"),
      "other/databricks.yml": job("tasks: []"),
      "node_modules/x/c.yml": job("tasks: []"),
      "ci.yml": "resources: [a]\nsteps: []\n",
      "k8s.yml": "resources: {limits: {cpu: 1}}\n",
    };
    expect(problemsOf(files)).toEqual([
      expect.stringMatching(
        /^warning unread-file jobs\/a\.yml:1 nothing in ".*jobs\/a\.yml" is deployed, as no include finds it: resources\.jobs\.seed \| name it in include; in "jobs\/\*\*\/\*\.yml", \*\* stands for exactly one folder$/,
      ),
    ]);
  });

  test("the default of a variable that is looked up", () => {
    const yaml = "variables: {pool: {default: x, lookup: {instance_pool: Main}}}\n";
    expect(problemsOf({ "databricks.yml": yaml })).toEqual([
      'warning hidden-value databricks.yml:1:20 the default of variable "pool" has no effect, as its lookup hides it | remove one of the two',
    ]);
  });
});

test("one key for two resources of any types is refused", () => {
  const files = {
    "databricks.yml": "include: ['*.yaml']\nresources: {pipelines: {seed: {}}}\n",
    "a.yaml": job("tasks: []"),
    "b.yaml": "resources: {pipelines: {seed: {}}}\n",
  };
  expect(problemsOf(files)).toEqual([
    expect.stringMatching(
      /^error job-key b\.yaml:1:25 key "seed" is used already, by resources\.pipelines\.seed \(.*databricks\.yml:2\)/,
    ),
    expect.stringMatching(
      /^error job-key a\.yaml:3:5 key "seed" is used already, by resources\.pipelines/,
    ),
  ]);
});

test("one key for a resource and a script is refused", () => {
  const yaml = "scripts:\n  seed: {content: echo}\nresources: {pipelines: {seed: {}}}\n";
  expect(problemsOf({ "databricks.yml": yaml })).toEqual([
    expect.stringMatching(
      /^error job-key databricks\.yml:2:3 key "seed" is used already, by resources\.pipelines\.seed/,
    ),
  ]);
});

test("a reference in the key of a resource is refused, also in a target", () => {
  const yaml =
    "resources: {jobs: {'${var.env}_seed': {tasks: []}}}\n" +
    "targets: {dev: {resources: {pipelines: {'${var.env}_load': {}}}}}\n";
  const found = problemsOf({ "databricks.yml": yaml }).filter((each) => each.includes("job-key"));
  expect(found).toEqual([
    expect.stringContaining('databricks.yml:1:20 resource key "${var.env}_seed" contains a ref'),
    expect.stringContaining('databricks.yml:2:41 resource key "${var.env}_load" contains a ref'),
  ]);
});

test("a folder of many files that no include finds is one finding", () => {
  const job = "resources: { jobs: { seed: { name: Seed } } }";
  const names = Array.from({ length: 6 }, (_, at) => `baseline/part_${at}/jobs.yml`);
  const found = problemsOf({
    "databricks.yml": "bundle: { name: load }",
    ...Object.fromEntries(names.map((name) => [name, job])),
  });
  expect(found).toEqual([
    expect.stringMatching(
      /^warning unread-file baseline\/part_0\/jobs\.yml:1 6 files in ".*baseline" define resources that are not deployed/,
    ),
  ]);
});
