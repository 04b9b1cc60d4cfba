import {
  isJavaTimeZone,
  MIN_TRIGGER_SECONDS,
  MODEL_CONDITIONS,
  PERIODIC_UNITS,
} from "@jobstrata/core/model";
import { cronIsPlain } from "./cron";
import type { Fields, SetProp } from "./fields";
import { invoke, type Invocation, optional, type Value } from "./value";

/** The trigger of a job, and whether it is paused. */
export function planTrigger(fields: Fields, set: SetProp): void {
  const kinds = ["schedule", "trigger", "continuous"].filter((kind) => fields.has(kind));
  const [kind] = kinds;
  if (kind === undefined) return;
  if (kinds.length > 1) fields.fail(kinds.join(" and "));
  const block = fields.block(kind);
  if (block === undefined) return;
  const status = block.oneOf("pause_status", "PAUSED");
  if (status !== undefined) set("paused", true);
  set("trigger", triggerOf(kind, block));
  block.done();
}

function triggerOf(kind: string, block: Fields): Invocation {
  if (kind === "schedule") {
    const cron = block.text("quartz_cron_expression") ?? "";
    if (!cron.includes("${") && !cronIsPlain(cron)) block.fail("quartz_cron_expression");
    const zone = block.text("timezone_id") ?? block.fail("timezone_id");
    if (!zone.includes("${") && !isJavaTimeZone(zone)) block.fail("timezone_id");
    return invoke("JobTrigger.schedule", { quartzCronExpression: cron, timezoneId: zone });
  }
  if (kind === "continuous") {
    const mode = block.oneOf("task_retry_mode", "ON_FAILURE");
    return invoke(
      "JobTrigger.continuous",
      ...(mode === undefined ? [] : [{ taskRetryMode: mode }]),
    );
  }
  const names = ["periodic", "file_arrival", "table_update", "model"];
  const [name, other] = names.filter((each) => block.has(each));
  if (name === undefined || other !== undefined) return block.fail(name ?? "");
  const inner = block.block(name) ?? block.fail(name);
  const waits = {
    ...optional(
      "minTimeBetweenTriggersSeconds",
      atLeast60(inner, "min_time_between_triggers_seconds"),
    ),
    ...optional("waitAfterLastChangeSeconds", atLeast60(inner, "wait_after_last_change_seconds")),
  };
  const result = eventOf(name, inner, waits);
  inner.done();
  return result;
}

function eventOf(name: string, inner: Fields, waits: Record<string, Value>): Invocation {
  switch (name) {
    case "periodic":
      if (Object.keys(waits).length > 0) inner.fail("min_time_between_triggers_seconds");
      return invoke("JobTrigger.periodic", {
        interval: inner.number("interval") ?? inner.fail("interval"),
        unit: inner.oneOf("unit", ...PERIODIC_UNITS) ?? inner.fail("unit"),
      });
    case "file_arrival": {
      const url = inner.filled("url") ?? inner.fail("url");
      const isFolder =
        url.includes("${") ||
        /^(?:[a-z][a-z0-9]*:\/\/[^/\s]+\/|\/Volumes\/[^/]+\/[^/]+\/[^/]+\/)/i.test(url);
      if (!isFolder || !/[/}]$/.test(url)) inner.fail("url");
      return invoke("JobTrigger.fileArrival", { url, ...waits });
    }
    case "table_update":
      return invoke("JobTrigger.tableUpdate", {
        tableNames: inner.strings("table_names") ?? inner.fail("table_names"),
        ...optional("condition", inner.oneOf("condition", "ALL_UPDATED")),
        ...waits,
      });
    default:
      return invoke("JobTrigger.model", {
        condition: inner.oneOf("condition", ...MODEL_CONDITIONS) ?? inner.fail("condition"),
        ...optional("securableName", inner.filled("securable_name")),
        ...optional("aliases", inner.strings("aliases")),
        ...waits,
      });
  }
}

function atLeast60(fields: Fields, name: string): number | undefined {
  const value = fields.number(name);
  return value === undefined || value >= MIN_TRIGGER_SECONDS ? value : fields.fail(name);
}
