import { MAX_DESCRIPTION, MAX_NAME_BYTES } from "../../model/limits";
import { quote } from "../../model/text";
import { defineRule } from "../rule";

export const jobName = defineRule({
  name: "job-name",
  summary: "The name of a job has at most 4096 bytes, its description at most 27700 characters.",
  rationale: "The Jobs API rejects longer ones when the job is deployed.",
  severity: "error",
  preset: "correctness",
  docs: {
    wrong: `name: # 5000 bytes of text`,
    right: `name: "[dev] Alerting Tables Setup"`,
    fix: "Shorten it.",
    source: "Databricks, Jobs API and resource limits: 4096 bytes of UTF-8, 27700 characters",
  },
  *check(graph) {
    for (const job of graph.jobs) {
      const { name = "" } = job;
      const bytes = name.length > MAX_NAME_BYTES / 3 ? new TextEncoder().encode(name).length : 0;
      if (bytes > MAX_NAME_BYTES) {
        yield {
          message: `the name of job ${quote(job.key)} has ${bytes} bytes`,
          fix: `keep it at ${MAX_NAME_BYTES} bytes of UTF-8`,
          sites: [{ job }],
        };
      }
      const length = job.description?.length ?? 0;
      if (length > MAX_DESCRIPTION) {
        yield {
          message: `the description of job ${quote(job.key)} has ${length} characters`,
          fix: `keep it at ${MAX_DESCRIPTION}`,
          sites: [{ job }],
        };
      }
    }
  },
});
