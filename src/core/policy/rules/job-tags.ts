import { isExpression } from "../../model/job-spec";
import { MAX_TAGS, TAG_LENGTHS } from "../../model/limits";
import { quote } from "../../model/text";
import { defineRule } from "../rule";

export const jobTags = defineRule({
  name: "job-tags",
  summary:
    "A job has at most 25 tags, and their keys and values are as short as the cloud demands.",
  rationale:
    "The tags become tags of the cloud's own resources, which refuse longer ones when the job is deployed.",
  severity: "error",
  preset: "correctness",
  docs: {
    wrong: `tags:
  purpose: a text of more than 256 characters ...`,
    right: `tags:
  purpose: setup`,
    fix: 'Shorten or remove tags. Say with "cloud" in the configuration where the workspace runs; without it, only what no cloud takes is reported.',
    source:
      "Databricks, Jobs API and resource limits: 25 tags; key and value AWS 127 and 255, Azure 512 and 256, GCP 63 and 63 characters",
  },
  *check(graph, { cloud }) {
    // Without a configured cloud, the widest limits apply.
    const { key: keyLimit, value: valueLimit } = TAG_LENGTHS[cloud ?? "azure"];
    for (const job of graph.jobs) {
      const tags = Object.entries(job.tags);
      if (tags.length > MAX_TAGS) {
        yield {
          message: `job ${quote(job.key)} has ${tags.length} tags`,
          fix: `keep ${MAX_TAGS} of them`,
          sites: [{ job }],
        };
      }
      for (const [key, value] of tags) {
        const long = [
          key.length > keyLimit ? `a key of ${key.length} characters` : "",
          value.length > valueLimit && !isExpression(value)
            ? `a value of ${value.length} characters`
            : "",
        ].filter((part) => part !== "");
        if (long.length === 0) continue;
        yield {
          message: `tag ${quote(key.slice(0, 40))} of job ${quote(job.key)} has ${long.join(" and ")}`,
          fix: `keep keys at ${keyLimit} and values at ${valueLimit} characters`,
          sites: [{ job }],
        };
      }
    }
  },
});
