import { leafTasks } from "../../model/job-graph";
import { MAX_WEBHOOKS } from "../../model/limits";
import { quote } from "../../model/text";
import { defineRule } from "../rule";

export const webhookNotifications = defineRule({
  name: "webhook-notifications",
  summary: "A job or task has at most three webhooks for each event.",
  rationale: "The Jobs API rejects more when the job is deployed.",
  severity: "error",
  preset: "correctness",
  docs: {
    wrong: `webhook_notifications:
  on_failure: [{ id: a }, { id: b }, { id: c }, { id: d }]`,
    right: `webhook_notifications:
  on_failure: [{ id: a }, { id: b }, { id: c }]`,
    fix: "Keep three, or send to one destination that forwards the notification.",
    source: "Jobs API, webhook_notifications: 3 for each event",
  },
  *check(graph) {
    for (const job of graph.jobs) {
      const holders = [
        { notifications: job.notifications, site: { job } },
        ...leafTasks(job).flatMap(({ notifications, taskKey }) =>
          notifications === undefined ? [] : [{ notifications, site: { job, taskKey } }],
        ),
      ];
      for (const { notifications = [], site } of holders) {
        for (const { channel, event, count } of notifications) {
          if (channel !== "webhook" || count <= MAX_WEBHOOKS) continue;
          yield {
            message: `job ${quote(job.key)} has ${count} webhooks for ${event}`,
            fix: `keep ${MAX_WEBHOOKS} of them`,
            sites: [site],
          };
        }
      }
    }
  },
});
