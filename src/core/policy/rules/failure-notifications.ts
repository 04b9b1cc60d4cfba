import { leafTasks } from "../../model/job-graph";
import type { NotificationSpec } from "../../model/job-spec";
import { quote } from "../../model/text";
import { defineRule } from "../rule";

export const failureNotifications = defineRule({
  name: "failure-notifications",
  summary: "Someone is notified when a job fails.",
  rationale: "Without a notification, the users of the data are the first to discover a failure.",
  severity: "warning",
  preset: "governance",
  docs: {
    wrong: `alerting_seed_job:
  name: Seed`,
    right: `alerting_seed_job:
  name: Seed
  email_notifications:
    on_failure: [data-platform@example.com]`,
    fix: "Set email_notifications or webhook_notifications for on_failure.",
    source: "golden rules of the hierarchical job architecture, failure notifications",
  },
  *check(graph) {
    // A job's notifications cover failures of the jobs that it runs.
    const covered = new Set(graph.jobs.filter(notifies).flatMap((job) => graph.runs(job)));
    for (const job of graph.jobs) {
      if (covered.has(job) && job.triggers === undefined) continue;
      const tasks = leafTasks(job).filter(({ forEach }) => forEach === undefined);
      const told = notifies(job) || (tasks.length > 0 && tasks.every(notifies));
      const unknown =
        job.unknown?.has("email_notifications") === true ||
        job.unknown?.has("webhook_notifications") === true;
      if (told || unknown) continue;
      yield {
        message: `job ${quote(job.key)} notifies nobody when it fails`,
        fix: "set email_notifications or webhook_notifications for on_failure",
        sites: [{ job }],
      };
    }
  },
});

function notifies({
  notifications = [],
}: {
  notifications?: readonly NotificationSpec[];
}): boolean {
  return notifications.some(({ event }) => event === "on_failure");
}
