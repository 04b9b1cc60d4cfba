import { isExpression } from "../../model/job-spec";
import { MAX_TAGS, TAG_LENGTHS } from "../../model/limits";
import { quote } from "../../model/text";
import { defineRule } from "../rule";

export const jobTags = defineRule({
  name: "job-tags",
  summary: "A job has at most 25 tags, with keys and values within the cloud's limits.",
  rationale:
    "Databricks applies the tags to the cloud's resources, which reject longer ones when the job is deployed.",
  severity: "error",
  preset: "correctness",
  docs: {
    wrong: `tags:
  purpose: a text of more than 256 characters ...`,
    right: `tags:
  purpose: setup`,
    fix: 'Shorten or remove tags. Set "cloud" in the configuration to the workspace\'s cloud; without it, only tags that no cloud accepts are reported.',
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
