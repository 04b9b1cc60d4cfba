import { type AlertReport, alertReport, type AlertView } from "@jobstrata/local/alerts";
import { findRunning, lastExecutor, useWorkspace } from "@jobstrata/local/commands";
import { printable } from "@jobstrata/core/model";
import { formatTable } from "@jobstrata/core/report";
import type { Io } from "../io";
import { prepareExecutor } from "./executor";
import { SERVING } from "./server-options";

/** Options of {@link showAlerts}. */
export interface AlertsOptions {
  readonly data?: string;
  /** Evaluates all alerts first. */
  readonly evaluate?: boolean;
  /** Prints the alerts as JSON. */
  readonly json?: boolean;
}

/**
 * Shows the alerts of the local workspace, and the notifications that they would have sent.
 *
 * @returns 0; 1 if an alert could not be evaluated
 * @throws {JobstrataError} `local-workspace` if the workspace cannot start or has no engine for alerts
 */
export async function showAlerts(
  { evaluate = false, json = false, ...options }: AlertsOptions,
  io: Io,
): Promise<number> {
  const { data } = options;
  const running = (await findRunning(data)) && lastExecutor(data);
  const executor = evaluate ? await prepareExecutor({ data, executor: running }, io) : "simulated";
  const workspace = await useWorkspace({ ...options, ...SERVING, executor });
  try {
    const report = await alertReport(workspace, evaluate);
    if (json) io.out(JSON.stringify(report, undefined, 2));
    else printAlerts(report, report.alerts, io);
    return report.alerts.some(({ state }) => state === "ERROR") ? 1 : 0;
  } finally {
    await workspace.stop();
  }
}

/**
 * Evaluates all alerts and shows the triggered ones.
 *
 * @returns 0; 1 if an alert could not be evaluated
 */
export async function showTriggered(
  workspace: { readonly host: string; readonly token: string },
  io: Io,
): Promise<number> {
  const report = await alertReport(workspace, true);
  const shown = report.alerts.filter(({ state }) => state === "TRIGGERED" || state === "ERROR");
  printAlerts(report, shown, io);
  return shown.some(({ state }) => state === "ERROR") ? 1 : 0;
}

function printAlerts(
  { alerts, notifications }: AlertReport,
  shown: readonly AlertView[],
  io: Io,
): void {
  const triggered = alerts.filter(({ state }) => state === "TRIGGERED").length;
  const failed = alerts.filter(({ state }) => state === "ERROR");
  io.out(
    `${triggered} of ${alerts.length} alerts triggered` +
      (failed.length === 0 ? "" : `, ${failed.length} could not be evaluated`),
  );
  if (shown.length === 0) return;
  const rows = shown.map((alert) => {
    // An alert's newest notifications share one timestamp.
    const newest = notifications.find(({ alert_id }) => alert_id === alert.id);
    const sent = notifications.filter(
      ({ alert_id, time }) => alert_id === alert.id && time === newest?.time,
    );
    const isNotified = alert.state === "TRIGGERED" && newest?.state === "TRIGGERED";
    return [
      alert.state,
      isNotified ? newest.subject : alert.display_name,
      alert.condition,
      alert.value ?? "",
      isNotified
        ? sent
            .map(({ recipient }) =>
              "user_email" in recipient ? recipient.user_email : recipient.display_name,
            )
            .sort()
            .join(", ")
        : "",
    ];
  });
  const columns = ["state", "subject of the notification", "condition", "value", "would notify"];
  for (const line of formatTable(columns, rows)) io.out(line);
  for (const { display_name, error = "" } of failed)
    io.err(`${printable(display_name)}: ${printable(error.split("\n")[0] ?? "")}`);
}
