import type { JobSpec, TaskSpec } from "../../../../src/core/model/job-spec";
import { dependsOnOutcome } from "../../../../src/core/policy/rules/depends-on-outcome";
import { dynamicValueReference } from "../../../../src/core/policy/rules/dynamic-value-reference";
import { check, jobSpec, notebookTask, task } from "../../../support/policy";

const job = (tasks: TaskSpec[], spec: Partial<JobSpec> = {}): JobSpec =>
  jobSpec("nightly", { parameters: [{ name: "day", default: "x" }], tasks, ...spec });
const load = notebookTask("load", "load.py");
const clean = notebookTask("clean", "clean.py", { dependsOn: ["load"] });
const reads = (text: string, spec: Partial<TaskSpec> = {}): TaskSpec =>
  notebookTask("report", "report.py", {
    dependsOn: ["clean"],
    parameters: { value: text },
    ...spec,
  });

describe("dynamic-value-reference", () => {
  test.each<[string, JobSpec]>([
    ["a parameter of the job", job([load, clean, reads("{{job.parameters.day}}")])],
    ["a parameter in backticks", job([load, clean, reads("{{job.parameters.`day`}}")])],
    ["a task that it depends on", job([load, clean, reads("{{tasks.clean.values.rows}}")])],
    ["a task further up", job([load, clean, reads("{{ tasks.load.result_state }}")])],
    [
      "what belongs to the run",
      job([load, clean, reads("{{job.run_id}} {{task.name}} {{workspace.url}} {{input}}")]),
    ],
    ["templates of others", job([load, clean, reads("{{ var('job') }} {{ ds }} {{macro.x}}")])],
    ["what Databricks may have added", job([load, clean, reads("{{job.something_new}}")])],
    [
      "a parameter that is not known yet",
      job([load, clean, reads("{{job.parameters.dya}}")], { unknown: new Set(["parameters"]) }),
    ],
    [
      "the input of a for-each task, from a task that comes before",
      job([
        load,
        task("each", {
          types: ["for_each_task"],
          dependsOn: ["load"],
          forEachInputs: "{{tasks.load.values.tables}}",
          forEach: notebookTask("body", "b.py", { parameters: { t: "{{tasks.load.run_id}}" } }),
        }),
      ]),
    ],
  ])("accepts %s", (_, spec) => {
    expect(check(dynamicValueReference, [spec])).toEqual([]);
  });

  test.each<[string, JobSpec, string, string]>([
    [
      "a misspelt field",
      job([load, clean, reads("{{job.naem}}")]),
      'task "report" refers to "{{job.naem}}", but job has no "naem"',
      'did you mean "name"?',
    ],
    [
      "a value of a task that comes after",
      job([
        notebookTask("load", "load.py", { parameters: { x: "{{tasks.clean.values.x}}" } }),
        clean,
      ]),
      'task "load" refers to "{{tasks.clean.values.x}}", but does not depend on "clean"',
      'read the value in a task that runs after "clean": that one depends on "load"',
    ],
    [
      "its own value",
      job([notebookTask("load", "load.py", { parameters: { x: "{{tasks.load.values.x}}" } })]),
      'task "load" refers to "{{tasks.load.values.x}}", which is the task itself',
      "refer to a task that it depends on",
    ],
    [
      "a parameter where the job has none",
      job([reads("{{job.parameters.day}}", { dependsOn: [] })], { parameters: [] }),
      'task "report" refers to "{{job.parameters.day}}", but job "nightly" declares no parameter "day"',
      "declare it in parameters of the job",
    ],
    [
      "inside other settings, such as those of a wheel",
      job([
        task("wheel", {
          types: ["python_wheel_task"],
          settings: { python_wheel_task: { parameters: ["--day", "{{job.parameters.dya}}"] } },
        }),
      ]),
      'task "wheel" refers to "{{job.parameters.dya}}", but job "nightly" declares no parameter "dya"',
      'did you mean "day"?',
    ],
    [
      "inputs of a for-each task",
      job([
        load,
        task("each", {
          types: ["for_each_task"],
          forEachInputs: "{{tasks.load.values.tables}}",
          forEach: notebookTask("body", "b.py"),
        }),
      ]),
      'task "each" refers to "{{tasks.load.values.tables}}", but does not depend on "load"',
      'add "load" to the depends_on of "each"',
    ],
  ])("rejects %s", (_, spec, message, fix) => {
    expect(check(dynamicValueReference, [spec])).toMatchObject([{ message, fix }]);
  });

  test("says the same mistake of a task once", () => {
    const twice = reads("{{job.parameters.dya}}", {
      parameters: { a: "{{job.parameters.dya}}", b: "{{job.parameters.dya}}" },
    });
    expect(check(dynamicValueReference, [job([load, clean, twice])])).toHaveLength(1);
  });
});

describe("depends-on-outcome", () => {
  const condition = task("has_rows", { types: ["condition_task"] });
  const after = (key: string, outcome: string): TaskSpec =>
    notebookTask("report", "r.py", { dependsOn: [key], outcomes: new Map([[key, outcome]]) });

  test.each<[string, TaskSpec[]]>([
    ["an outcome of a condition task", [condition, after("has_rows", "true")]],
    ["an outcome that is not known yet", [condition, after("has_rows", "${var.x}")]],
    ["a task that does not exist, which depends-on reports", [after("gone", "true")]],
  ])("accepts %s", (_, tasks) => {
    expect(check(dependsOnOutcome, [job(tasks)])).toEqual([]);
  });

  test.each<[string, TaskSpec[], string]>([
    [
      "of another task",
      [load, after("load", "true")],
      "remove the outcome; use run_if to depend on how the task ended",
    ],
    ["of another value", [condition, after("has_rows", "yes")], 'write "true" or "false"'],
    [
      "twice",
      [condition, after("has_rows", "true, false")],
      "name the task once: without an outcome it waits for either",
    ],
  ])("rejects an outcome %s", (_, tasks, fix) => {
    expect(check(dependsOnOutcome, [job(tasks)])).toMatchObject([{ fix }]);
  });
});
