import type { Fields, SetProp } from "./fields";
import { planNotifications } from "./notifications";

/** Settings common to all task types. */
export function planTaskSettings(task: Fields, set: SetProp): void {
  set("description", task.text("description"));
  set("timeoutSeconds", task.number("timeout_seconds"));
  set("disabled", task.flag("disabled"));
  planNotifications(task, set, true);
}

export function planRetries(task: Fields, set: SetProp): void {
  const retries = task.number("max_retries");
  set("maxRetries", retries !== undefined && retries < -1 ? task.fail("max_retries") : retries);
  set("minRetryIntervalMillis", task.number("min_retry_interval_millis"));
  set("retryOnTimeout", task.flag("retry_on_timeout"));
}
