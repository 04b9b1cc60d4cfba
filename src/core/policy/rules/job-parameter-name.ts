import { countEach } from "../../model/collections";
import { isExpression } from "../../model/job-spec";
import { PARAMETER_NAME_PATTERN } from "../../model/limits";
import { quote } from "../../model/text";
import { defineRule } from "../rule";

export const jobParameterName = defineRule({
  name: "job-parameter-name",
  summary: "Names of job parameters are unique and consist of letters, digits, _, - and .",
  rationale: "The Jobs API rejects anything else when the job is deployed.",
  severity: "error",
  preset: "correctness",
  docs: {
    wrong: `parameters:
  - name: gold schema
    default: gold`,
    right: `parameters:
  - name: gold_schema
    default: gold`,
    fix: "Rename the parameter.",
    source: "Jobs API, parameters.name",
  },
  *check(graph) {
    for (const job of graph.jobs) {
      const names = (job.parameters ?? []).map(({ name }) => name);
      for (const [name, count] of countEach(names)) {
        if (!PARAMETER_NAME_PATTERN.test(name) && !isExpression(name)) {
          yield {
            message: `job ${quote(job.key)} has a parameter with the name ${quote(name)}`,
            fix: "use letters, digits, _, - and .",
            sites: [{ job }],
          };
        }
        if (count > 1) {
          yield {
            message: `job ${quote(job.key)} has ${count} parameters with the name ${quote(name)}`,
            fix: "keep one of them",
            sites: [{ job }],
          };
        }
      }
    }
  },
});
