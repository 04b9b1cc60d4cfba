import * as z from "zod";
import type { Route } from "../../http/route";

/** Accepts and drops the Databricks CLI's telemetry, so that it does not retry. */
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

/** The number of entries in a report. The CLI resends entries that are not counted. */
function protoLogs(body: Buffer): number {
  try {
    const { protoLogs: logs } = JSON.parse(body.toString()) as { protoLogs?: unknown };
    return Array.isArray(logs) ? logs.length : 0;
  } catch {
    return 0;
  }
}
