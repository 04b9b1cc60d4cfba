import type { ServerResponse } from "node:http";
import { faultError, type Faults, type FaultStatus, type RequestFault } from "../../faults";
import type { Exchange, Middleware } from "../exchange";
import { fail } from "../messages";

/** Injects the faults of the fault plan. */
export const injectFaults =
  (faults: Faults): Middleware =>
  async (exchange, next) => {
    const { method, path, body } = exchange;
    const fault = path.startsWith("/api/") ? faults.strike(method, path, body) : undefined;
    if (fault === undefined) return next();
    if (!(await survives(fault, exchange))) return;
    await next();
    spoil(fault, exchange);
  };

/** Applies a fault before the request is executed. @returns false if the request is finished */
async function survives(fault: RequestFault, { response }: Exchange): Promise<boolean> {
  const { fault: kind, carried_out = false, milliseconds = 100 } = fault;
  if (kind === "latency") {
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    return true;
  }
  if (kind === "half" || carried_out) return true;
  if (kind === "drop") response.destroy();
  else refuse(fault, kind, response);
  return false;
}

/** Applies a fault to the response of an executed request. */
function spoil(fault: RequestFault, exchange: Exchange): void {
  const { request, response, answer } = exchange;
  const { fault: kind } = fault;
  if (kind === "latency" || answer === undefined) return;
  exchange.answer = undefined;
  if (kind === "drop") request.socket.destroy();
  else if (kind === "half") {
    const body = Buffer.from(answer.body);
    response.writeHead(200, { "Content-Type": "application/json", "Content-Length": body.length });
    response.write(body.subarray(0, Math.floor(body.length / 2)), () => request.socket.destroy());
  } else refuse(fault, kind, response);
}

function refuse(fault: RequestFault, status: FaultStatus, response: ServerResponse): void {
  if (status === 429 || status === 503)
    response.setHeader("Retry-After", String(fault.retry_after ?? 1));
  fail(response, faultError(status));
}
