import type { IConstruct } from "constructs";
import { JobstrataError } from "@jobstrata/core/errors";
import { mark, marker, type MarkedSuppression, SUPPRESSIONS, quote } from "@jobstrata/core/model";
import { captureSource } from "@jobstrata/core/source-location";

/** What {@link suppressFinding} excuses, and why. */
export interface SuppressFindingProps {
  /** Name of the rule, such as `serverless`. */
  readonly rule: string;
  /** Why the rule does not hold here; for those who read it later. */
  readonly reason: string;
  /** The last day on which it holds, `YYYY-MM-DD`. @default - it holds for ever */
  readonly until?: string;
  /** The task that is meant. @default - the job itself and all of its tasks */
  readonly taskKey?: string;
}

/**
 * Excuses the findings of one rule for a job, or for every job below a construct or stack. One that excuses nothing, or that
 * has ended, is reported.
 *
 * @throws JobstrataError `invalid-suppression` without a rule or reason, or for a day that is none
 */
export function suppressFinding(scope: IConstruct, props: SuppressFindingProps): void {
  const { rule, reason, until, taskKey } = props;
  const refuse = (message: string): never => {
    throw new JobstrataError("invalid-suppression", message);
  };
  if (rule.trim() === "") refuse("a suppression names a rule");
  if (reason.trim() === "") refuse(`the suppression of ${quote(rule)} has no reason; say why`);
  if (until !== undefined && !/^\d{4}-\d\d-\d\d$/.test(until))
    refuse(`the suppression of ${quote(rule)} ends on ${quote(until)}; write YYYY-MM-DD`);
  const suppression: MarkedSuppression = {
    rules: [rule],
    reason,
    ...(until !== undefined && { until }),
    ...(taskKey !== undefined && { taskKey }),
    source: captureSource(suppressFinding),
  };
  const before = marker(scope, SUPPRESSIONS) as readonly MarkedSuppression[] | undefined;
  mark(scope, SUPPRESSIONS, [...(before ?? []), suppression]);
}
