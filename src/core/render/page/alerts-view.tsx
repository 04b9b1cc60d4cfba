import { useEffect, useState } from "preact/hooks";
import { printable } from "../../model/text";
import type { PageAlert, PageAlerts } from "../../model/page-answers";
import type { PageClient } from "./page-client";

/** Triggered and failed alerts come first. */
const ORDER: readonly PageAlert["state"][] = ["TRIGGERED", "ERROR", "UNKNOWN", "OK"];
const SIGNS: Readonly<Record<PageAlert["state"], string>> = {
  ERROR: "✖",
  OK: "✔",
  TRIGGERED: "▲",
  UNKNOWN: "○",
};

/** The SQL alerts with their last evaluations. @param changes grows when they must be read again */
export function AlertsView({
  client,
  changes,
}: {
  readonly client: PageClient;
  readonly changes: number;
}) {
  const [alerts, setAlerts] = useState<readonly PageAlert[]>();
  useEffect(() => {
    let isCurrent = true;
    client.get<PageAlerts>("alerts").then(
      (page) => {
        if (isCurrent) setAlerts(page.alerts);
      },
      // The connection reports its own problems.
      () => undefined,
    );
    return () => {
      isCurrent = false;
    };
  }, [client, changes]);
  if (alerts === undefined) return <p class="message faint">Reading the alerts …</p>;
  if (alerts.length === 0) return <p class="message">There is no alert yet.</p>;
  const sorted = [...alerts].sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
  const triggered = alerts.filter(({ state }) => state === "TRIGGERED").length;
  return (
    <div class="alerts">
      <p class="faint">
        {triggered} of {alerts.length} triggered. Evaluate all of them:{" "}
        <code>npx jobstrata local alerts --evaluate</code>
      </p>
      <table>
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Alert</th>
            <th scope="col">Condition</th>
            <th scope="col">Value</th>
            <th scope="col">Last evaluated</th>
          </tr>
        </thead>
        <tbody>
          {sorted.map((alert) => (
            <tr key={alert.id}>
              <td>
                {SIGNS[alert.state]} {alert.state}
              </td>
              <td>
                {printable(alert.display_name)}
                {alert.paused && <span class="faint"> paused</span>}
              </td>
              <td>{printable(alert.condition)}</td>
              <td>{alert.error === undefined ? valueOf(alert) : printable(alert.error)}</td>
              <td>
                {alert.last_evaluated_at === undefined
                  ? ""
                  : new Date(alert.last_evaluated_at).toLocaleString()}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const valueOf = ({ value }: PageAlert): string =>
  value === undefined ? "" : value === null ? "NULL" : printable(value);
