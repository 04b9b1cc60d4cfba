import { quote } from "../../model/text";
import { defineRule } from "../rule";

export const failureNotifications = defineRule({
  name: "failure-notifications",
  summary: "Somebody is told when a job fails.",
  rationale: "A failure that nobody hears of is found by those who need the data.",
  severity: "warning",
  preset: "governance",
  docs: {
    wrong: `alerting_seed_job:
  name: Seed`,
    right: `alerting_seed_job:
  name: Seed
  email_notifications:
    on_failure: [data-platform@example.com]`,
    mend: "Set email_notifications or webhook_notifications for on_failure.",
    source: "golden rules of the hierarchical job architecture, failure notifications",
  },
  *check(graph) {
    for (const job of graph.jobs) {
      const told = (job.notifications ?? []).some(({ event }) => event === "on_failure");
      const unknown =
        job.unknown?.has("email_notifications") === true ||
        job.unknown?.has("webhook_notifications") === true;
      if (told || unknown) continue;
      yield {
        message: `nobody is told when job ${quote(job.key)} fails`,
        fix: "set email_notifications or webhook_notifications for on_failure",
        sites: [{ job }],
      };
    }
  },
});
