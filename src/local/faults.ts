import { errorText, globOf } from "@jobstrata/core/model";
import { readFileSync } from "node:fs";
import * as z from "zod";
import { JobstrataError } from "@jobstrata/core/errors";
import { ApiError } from "./api-error";
import type { TaskExecutor, TaskOutcome, TaskRequest } from "./execute/executor";
import { parse } from "./schema/parse";
import { object } from "./schema/shape";

const rate = z.number().min(0, "must be from 0 to 1").max(1, "must be from 0 to 1");
const count = z.int().min(0, "must not be negative");

const STATUSES = [403, 429, 500, 503, 504] as const;
export type FaultStatus = (typeof STATUSES)[number];

const requestFault = object({
  /** `METHOD /path`, where `*` matches any text. @default every request */
  match: z.string().optional(),
  /** Text that the raw body must contain. @default any body, or none */
  body: z.string().min(1, "must not be empty").optional(),
  /**
   * `latency` delays the response; a number responds with that status; `drop` closes the connection without a response;
   * `half` closes it in the middle of the response.
   */
  fault: z.union([z.literal(STATUSES), z.enum(["latency", "drop", "half"])]),
  /** Probability for a matching request. @default 1 */
  rate: rate.optional(),
  /** Maximum number of times. @default unlimited */
  times: count.optional(),
  /** Whether to execute the request before failing it. @default false; always true for `latency` and `half` */
  carried_out: z.boolean().optional(),
  /** `Retry-After` of a 429 or 503; seconds. @default 1 */
  retry_after: count.optional(),
  /** Delay of `latency`; milliseconds. @default 100 */
  milliseconds: count.optional(),
});

const taskFault = object({
  /** The display name of the job. @default every job */
  job: z.string().optional(),
  /** @default every task */
  task_key: z.string().optional(),
  /** Number of attempts that fail before one is executed, for each task of each job. */
  failures: count,
  error: z.string().optional(),
});

/** A fault plan. The same seed and the same sequence of requests produce the same faults. */
export const faultPlan = object({
  seed: z.int().optional(),
  requests: z.array(requestFault).optional(),
  tasks: z.array(taskFault).optional(),
});
export type FaultPlan = z.infer<typeof faultPlan>;
export type RequestFault = z.infer<typeof requestFault>;

/** @throws {JobstrataError} if the file cannot be read or is not a valid fault plan */
export function readFaultPlan(file: string): FaultPlan {
  try {
    const text = readFileSync(file, "utf8");
    if (/\.ya?ml$/i.test(file)) {
      // Loaded on demand: loading it takes a large part of the workspace's startup time.
      // eslint-disable-next-line @typescript-eslint/no-require-imports
      const yaml = require("yaml") as typeof import("yaml");
      return parse(faultPlan, yaml.parse(text));
    }
    return parse(faultPlan, JSON.parse(text));
  } catch (error) {
    throw new JobstrataError(
      "local-workspace",
      `The faults in ${file} cannot be used: ${errorText(error)}`,
    );
  }
}

/** Injects faults by a plan that can be replaced at run time. */
export class Faults {
  #plan: FaultPlan = {};
  #patterns: (((request: string) => boolean) | undefined)[] = [];
  #struck: number[] = [];
  readonly #failed = new Map<string, number>();
  #random = generator(1);

  public constructor(plan: FaultPlan = {}) {
    this.set(plan);
  }

  /** Replaces the plan and resets all counters. */
  public set(plan: FaultPlan): void {
    this.#plan = plan;
    this.#random = generator(plan.seed ?? 1);
    this.#failed.clear();
    this.#struck = (plan.requests ?? []).map(() => 0);
    this.#patterns = (plan.requests ?? []).map(({ match }) =>
      match === undefined ? undefined : globOf(match),
    );
  }

  /** The plan, and how often each request fault has occurred. */
  public report(): Record<string, unknown> {
    return { plan: this.#plan, struck: this.#struck };
  }

  /** The fault to inject into a request: the first matching one that occurs. */
  public strike(method: string, path: string, body: Buffer): RequestFault | undefined {
    const { requests } = this.#plan;
    if (requests === undefined) return undefined;
    for (const [index, fault] of requests.entries()) {
      const struck = this.#struck[index] ?? 0;
      if (fault.times !== undefined && struck >= fault.times) continue;
      if (this.#patterns[index]?.(`${method} ${path}`) === false) continue;
      if (fault.body !== undefined && !body.includes(fault.body)) continue;
      if (fault.rate !== undefined && this.#random() >= fault.rate) continue;
      this.#struck[index] = struck + 1;
      return fault;
    }
    return undefined;
  }

  /** Wraps an executor, so that attempts fail as planned. */
  public around(executor: TaskExecutor): TaskExecutor {
    return {
      execute: (request, signal) => {
        const failure = this.#failureOf(request);
        return failure === undefined ? executor.execute(request, signal) : Promise.resolve(failure);
      },
      ...(executor.query === undefined ? {} : { query: executor.query.bind(executor) }),
      ...(executor.close === undefined
        ? {}
        : { close: () => executor.close?.() ?? Promise.resolve() }),
    };
  }

  #failureOf({ jobId, jobName, taskKey }: TaskRequest): TaskOutcome | undefined {
    for (const [index, fault] of (this.#plan.tasks ?? []).entries()) {
      if (fault.job !== undefined && fault.job !== jobName) continue;
      if (fault.task_key !== undefined && fault.task_key !== taskKey) continue;
      const key = `${index}/${jobId}/${taskKey}`;
      const failed = this.#failed.get(key) ?? 0;
      if (failed >= fault.failures) continue;
      this.#failed.set(key, failed + 1);
      const error = fault.error ?? `injected failure ${failed + 1} of ${fault.failures}`;
      return {
        succeeded: false,
        error,
        errorTrace: `[fault] ${error}`,
        logs: `[fault] ${error}\n`,
      };
    }
    return undefined;
  }
}

/** The error response for a fault with a status. */
export function faultError(status: FaultStatus): ApiError {
  switch (status) {
    case 403:
      return new ApiError(403, "PERMISSION_DENIED", "Injected fault: permission denied.");
    case 429:
      return new ApiError(429, "REQUEST_LIMIT_EXCEEDED", "Injected fault: too many requests.");
    case 500:
      return new ApiError(500, "INTERNAL_ERROR", "Injected fault: internal error.");
    case 503:
      return new ApiError(
        503,
        "TEMPORARILY_UNAVAILABLE",
        "Injected fault: the service is unavailable.",
      );
    case 504:
      return new ApiError(
        504,
        "DEADLINE_EXCEEDED",
        "Injected fault: the service did not answer in time.",
      );
  }
}

/** A seeded generator of numbers from 0 to 1 (mulberry32). */
function generator(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
