import type { WorkspaceHttp } from "@jobstrata/run";
import type { Io } from "../io";

/** Time after which the reason for waiting is shown; milliseconds. */
export const WORTH_A_WORD = 2000;

/** Reports once that requests are retried, if that takes a while. */
export function reportRetries(http: WorkspaceHttp, io: Io): void {
  let isReported = false;
  http.onRetry = (error, _, sinceMs) => {
    if (isReported || sinceMs < WORTH_A_WORD) return;
    isReported = true;
    io.err(`The workspace does not respond; retrying for a minute (${error.message})`);
  };
}
