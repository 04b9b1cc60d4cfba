import { Construct, type IConstruct } from "constructs";
import { JobstrataError } from "@jobstrata/core/errors";
import { mark, marker, type MarkedSuppression, SUPPRESSIONS } from "@jobstrata/core/model";
import { captureSource } from "@jobstrata/core/source-location";
import { filled, object, type Shape, type Shapes, shown } from "./shape";

/** Options of {@link suppressFinding}. */
export interface SuppressFindingProps {
  /** Name of the rule, such as `serverless`. */
  readonly rule: string;
  /** Why the rule does not apply here, for later readers. */
  readonly reason: string;
  /** Last day of the suppression, `YYYY-MM-DD`. @default - no expiry */
  readonly until?: string | undefined;
  /** Key of the task to which the suppression applies. @default - the job and all of its tasks */
  readonly taskKey?: string | undefined;
}

const day: Shape = (value, path) =>
  typeof value === "string" &&
  /^\d{4}-\d\d-\d\d$/.test(value) &&
  !Number.isNaN(Date.parse(`${value}T00:00:00Z`))
    ? undefined
    : `${path} is ${shown(value)}; it must be a day, such as "2030-12-31"`;

const PROPS: Shapes<SuppressFindingProps> = {
  rule: filled,
  reason: filled,
  until: day,
  taskKey: filled,
};

/**
 * Suppresses the findings of one rule for a job, or for every job below a construct or stack. Unused and expired
 * suppressions are reported.
 *
 * @throws {JobstrataError} `invalid-suppression` without a rule or reason, or for an invalid day
 */
export function suppressFinding(scope: IConstruct, props: SuppressFindingProps): void {
  if (!Construct.isConstruct(scope)) {
    throw new JobstrataError(
      "invalid-suppression",
      `suppressFinding: the scope is ${shown(scope)}; it must be a job, a stack or another construct`,
    );
  }
  const problem = object(PROPS, "rule", "reason")(props, "");
  if (problem !== undefined) {
    throw new JobstrataError(
      "invalid-suppression",
      `[${scope.node.path}] suppressFinding: ${problem}`,
    );
  }
  const { rule, reason, until, taskKey } = props;
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
