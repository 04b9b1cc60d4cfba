import type { Clock } from "../clock";
import type { TaskExecutor, TaskOutcome, TaskRequest } from "./executor";

/** The outcome of the tasks that a rule matches. An omitted field matches every task. */
export interface SimulationRule {
  /** The display name of the job. */
  job?: string;
  taskKey?: string;
  /** Only this attempt; 0 is the first. */
  attempt?: number;
  /** Milliseconds. @default 5 */
  duration?: number;
  /** @default "success" */
  outcome?: "success" | "failure";
  /** One-line error of a failure. @default "simulated failure" */
  error?: string;
  /** The notebook's result. */
  result?: string;
  /** The task values to set. */
  values?: Readonly<Record<string, unknown>>;
}

const DEFAULT_DURATION = 5;

/** Executes nothing: waits, then returns the outcome of the first matching rule. */
export class SimulatedExecutor implements TaskExecutor {
  readonly #clock: Clock;
  readonly #rules: readonly SimulationRule[];

  public constructor(clock: Clock, rules: readonly SimulationRule[] = []) {
    this.#clock = clock;
    this.#rules = rules;
  }

  public async execute(request: TaskRequest, signal: AbortSignal): Promise<TaskOutcome> {
    const rule = this.#rules.find((each) => fits(each, request)) ?? {};
    await this.#sleep(rule.duration ?? DEFAULT_DURATION, signal);
    const subject = request.notebook?.path ?? request.type;
    const parameters = JSON.stringify(request.parameters);
    const logs = `[simulated] ${subject} was not executed; its parameters: ${parameters}\n`;
    const values = rule.values === undefined ? {} : { values: rule.values };
    if (rule.outcome === "failure") {
      const error = rule.error ?? "simulated failure";
      return { succeeded: false, error, errorTrace: `[simulated] ${error}`, logs, ...values };
    }
    return { succeeded: true, result: rule.result ?? "[simulated] success", logs, ...values };
  }

  #sleep(duration: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = this.#clock.after(duration, resolve);
      signal.addEventListener("abort", () => {
        timer.cancel();
        reject(new Error("aborted"));
      });
    });
  }
}

const fits = (rule: SimulationRule, { jobName, taskKey, attempt }: TaskRequest): boolean =>
  (rule.job === undefined || rule.job === jobName) &&
  (rule.taskKey === undefined || rule.taskKey === taskKey) &&
  (rule.attempt === undefined || rule.attempt === attempt);
