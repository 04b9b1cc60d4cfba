import { hiddenValue } from "../../../../src/core/policy/rules/hidden-value";
import { check, jobSpec, notebookTask, task } from "../../../support/policy";

const PARAMETERS = [{ name: "catalog", default: "main" }];
const withValue = (value: string, parameters = PARAMETERS) =>
  jobSpec("seed", {
    parameters,
    tasks: [notebookTask("load", "load.py", { parameters: { catalog: value } })],
  });

test.each([
  ["the same value", withValue("main")],
  ["the parameter of the job", withValue("{{job.parameters.catalog}}")],
  ["an expression", withValue("${var.catalog}")],
  ["another parameter", withValue("staging", [{ name: "schema", default: "gold" }])],
  [
    "what a Run Job task passes on",
    jobSpec("flow", {
      parameters: PARAMETERS,
      tasks: [task("run", { types: ["run_job_task"], parameters: { catalog: "staging" } })],
    }),
  ],
])("allows %s in base_parameters", (_, job) => {
  expect(check(hiddenValue, [job])).toEqual([]);
});

test("reports a value of base_parameters that a job parameter overrides", () => {
  expect(check(hiddenValue, [withValue("staging")])).toMatchObject([
    {
      message:
        'base_parameters of task "load" set "catalog", which the parameter of job "seed" with that name overrides',
      fix: "remove it from base_parameters, or rename one of the two",
    },
  ]);
});
