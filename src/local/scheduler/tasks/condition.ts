import type { TaskRun } from "../../services/jobs/records";
import type { ConditionOperator } from "@jobstrata/core/model";
import type { Task } from "../../services/jobs/schema/tasks";
import { type Ending, SUCCEEDED } from "../states";

/** Compares the resolved operands and records the outcome. */
export function performCondition(
  { left, op, right }: NonNullable<Task["condition_task"]>,
  attempt: TaskRun,
): Ending {
  attempt.resolved = { left, right };
  attempt.outcome = evaluate(op, left, right) ? "true" : "false";
  return SUCCEEDED;
}

/**
 * The outcome of a condition task. Equality compares text, order compares numbers.
 * @throws {Error} if an operand of an order comparison is not a number
 */
export function evaluate(op: ConditionOperator, left: string, right: string): boolean {
  if (op === "EQUAL_TO") return left === right;
  if (op === "NOT_EQUAL") return left !== right;
  const [a, b] = [numeric(left), numeric(right)];
  switch (op) {
    case "GREATER_THAN":
      return a > b;
    case "GREATER_THAN_OR_EQUAL":
      return a >= b;
    case "LESS_THAN":
      return a < b;
    case "LESS_THAN_OR_EQUAL":
      return a <= b;
  }
}

function numeric(text: string): number {
  const value = text.trim() === "" ? NaN : Number(text);
  if (Number.isNaN(value))
    throw new Error(`The condition compares numbers, and "${text}" is not one.`);
  return value;
}
