import { HEALTH_METRICS, HEALTH_OPERATORS, MAX_WEBHOOKS } from "@jobstrata/core/model";
import { Fields, type SetProp } from "./fields";
import type { Value } from "./value";

const EVENTS = {
  on_start: "onStart",
  on_success: "onSuccess",
  on_failure: "onFailure",
  on_duration_warning_threshold_exceeded: "onDurationWarningThresholdExceeded",
  on_streaming_backlog_exceeded: "onStreamingBacklogExceeded",
} as const;

/** Notifications and health rules, which are the same for jobs and tasks. */
export function planNotifications(fields: Fields, set: SetProp, isTask = false): void {
  const email = fields.block("email_notifications");
  if (email !== undefined) {
    const events: Record<string, Value> = {};
    for (const [name, as] of Object.entries(EVENTS)) {
      const to = email.strings(name);
      if (to !== undefined)
        events[as] = to.every((each) => each.trim() !== "") ? to : email.fail(name);
    }
    email.done();
    set("emailNotifications", events);
  }
  const webhook = fields.block("webhook_notifications");
  if (webhook !== undefined) {
    const events: Record<string, Value> = {};
    for (const [name, as] of Object.entries(EVENTS)) {
      const to = webhook.list(name);
      if (to.length === 0) continue;
      if (to.length > MAX_WEBHOOKS) webhook.fail(name);
      events[as] = to.map((entry) => {
        const each = new Fields(entry, `webhook_notifications.${name}.`);
        const id = each.filled("id") ?? each.fail("id");
        each.done();
        return id;
      });
    }
    webhook.done();
    set("webhookNotifications", events);
  }
  const settings = fields.block("notification_settings");
  if (settings !== undefined) {
    set("noAlertForSkippedRuns", settings.flag("no_alert_for_skipped_runs"));
    set("noAlertForCanceledRuns", settings.flag("no_alert_for_canceled_runs"));
    if (isTask) set("alertOnLastAttempt", settings.flag("alert_on_last_attempt"));
    settings.done();
  }
  const health = fields.block("health");
  if (health === undefined) return;
  const rules = health.list("rules").map((rule): Value => {
    const each = new Fields(rule, "health.rules.");
    const metric = each.oneOf("metric", ...HEALTH_METRICS) ?? each.fail("metric");
    if (each.oneOf("op", ...HEALTH_OPERATORS) === undefined) each.fail("op");
    const value = each.number("value") ?? each.fail("value");
    each.done();
    return { metric, value: value < 0 ? each.fail("value") : value };
  });
  health.done();
  if (rules.length === 0) health.fail("rules");
  set("healthRules", rules);
}
