import { parseJson } from "@jobstrata/core/model";
import { JobstrataError } from "@jobstrata/core/errors";
import type { AlertView } from "./evaluator";
import type { NotificationRecord } from "./store";

export type { AlertView } from "./evaluator";
export type { NotificationRecord } from "./store";

/** The alerts of a running workspace and the notifications that they would have sent, newest first. */
export interface AlertReport {
  readonly alerts: readonly AlertView[];
  readonly notifications: readonly NotificationRecord[];
}

/**
 * Fetches the alerts of a running workspace.
 *
 * @param evaluate whether to evaluate them first, including paused ones
 * @throws {JobstrataError} `local-workspace` if the workspace has no engine to evaluate them
 */
export async function alertReport(
  { host, token }: { readonly host: string; readonly token: string },
  evaluate: boolean,
): Promise<AlertReport> {
  const ask = async (method: string, path: string, body?: object): Promise<unknown> => {
    const response = await fetch(`${host}/local/alerts${path}`, {
      method,
      headers: { Authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = parseJson(await response.text());
    if (response.ok) return answer;
    const { message } = answer as { message?: string };
    throw new JobstrataError("local-workspace", message ?? `The workspace said ${response.status}`);
  };
  const { alerts } = (evaluate ? await ask("POST", "/evaluate", {}) : await ask("GET", "")) as Pick<
    AlertReport,
    "alerts"
  >;
  const { notifications } = (await ask("GET", "/notifications")) as Pick<
    AlertReport,
    "notifications"
  >;
  return { alerts, notifications };
}
