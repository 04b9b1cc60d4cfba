import type {
  JobConfig,
  JobEmailNotifications,
  JobWebhookNotifications,
} from "@cdktf/provider-databricks/lib/job";
import type { FailureNotifications } from "./job-environment";
import type { NotificationEvents, NotificationProps } from "./job-props";
import { definedOnly } from "./objects";

/** Notifications and health rules in the provider's format, for jobs and tasks. @internal */
export function notificationConfig(
  props: NotificationProps & { readonly alertOnLastAttempt?: boolean | undefined },
  failures: FailureNotifications = {},
): Pick<
  JobConfig,
  "health" | "emailNotifications" | "webhookNotifications" | "notificationSettings"
> & { notificationSettings?: { alertOnLastAttempt?: boolean } } {
  const settings = definedOnly({
    noAlertForSkippedRuns: props.noAlertForSkippedRuns,
    noAlertForCanceledRuns: props.noAlertForCanceledRuns,
    alertOnLastAttempt: props.alertOnLastAttempt,
  });
  const rules = (props.healthRules ?? []).map(({ metric, op = "GREATER_THAN", value }) => ({
    metric,
    op,
    value,
  }));
  return definedOnly({
    health: rules.length === 0 ? undefined : { rules },
    emailNotifications: notifications(props.emailNotifications, failures.emails),
    webhookNotifications: webhooks(notifications(props.webhookNotifications, failures.webhooks)),
    notificationSettings: Object.keys(settings).length === 0 ? undefined : settings,
  });
}

/** The job's notifications, with the environment's recipients for failures. */
export function notifications(
  own: NotificationEvents | undefined,
  failures: FailureNotifications["emails"] = [],
): JobEmailNotifications | undefined {
  const onFailure = [...new Set([...(own?.onFailure ?? []), ...failures])];
  const events = definedOnly({ ...own, onFailure: list(onFailure) });
  return Object.keys(events).length === 0 ? undefined : (events as JobEmailNotifications);
}

/** Converts ids to objects, which webhooks need instead of strings. */
export function webhooks(
  events: JobEmailNotifications | undefined,
): JobWebhookNotifications | undefined {
  if (events === undefined) return undefined;
  const entries = Object.entries(events as Record<string, readonly string[]>);
  return Object.fromEntries(entries.map(([event, ids]) => [event, ids.map((id) => ({ id }))]));
}

export function list<T>(values: readonly T[]): T[] | undefined {
  return values.length === 0 ? undefined : [...values];
}
