import * as z from "zod";
import type { Route } from "../../http/route";

/** What the CLI reports of its use is taken, so that it does not try again, and dropped. */
export function telemetryRoutes(): Route[] {
  return ["/telemetry-ext", "/telemetry-unauth"].map((path) => ({
    method: "POST",
    path,
    versions: [""],
    query: z.object({}),
    body: undefined,
    rawBody: true,
    handle: ({ body }) => ({ errors: [], numProtoSuccess: protoLogs(body as Buffer) }),
  }));
}

/** How many entries a report has. The CLI sends those again that are not counted. */
function protoLogs(body: Buffer): number {
  try {
    const { protoLogs: logs } = JSON.parse(body.toString()) as { protoLogs?: unknown };
    return Array.isArray(logs) ? logs.length : 0;
  } catch {
    return 0;
  }
}
