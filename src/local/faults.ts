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
  /** `METHOD /path`; a `*` stands for any text. @default every request */
  match: z.string().optional(),
  /** Strikes only requests whose body contains this text, as it was sent. @default every body, and none */
  body: z.string().min(1, "must not be empty").optional(),
  /**
   * `latency` delays the answer; a number is the status of an error; `drop` closes the connection without an answer;
   * `half` closes it in the middle of one.
   */
  fault: z.union([z.literal(STATUSES), z.enum(["latency", "drop", "half"])]),
  /** How likely it is to strike a request that matches. @default 1 */
  rate: rate.optional(),
  /** How often it strikes at most. @default without limit */
  times: count.optional(),
  /** Whether the request is carried out nevertheless. @default false; always true of `latency` and `half` */
  carried_out: z.boolean().optional(),
  /** Seconds, of a 429 or 503. @default 1 */
  retry_after: count.optional(),
  /** Milliseconds, of `latency`. @default 100 */
  milliseconds: count.optional(),
});

const taskFault = object({
  /** The display name of the job. @default every job */
  job: z.string().optional(),
  /** @default every task */
  task_key: z.string().optional(),
  /** How many attempts fail before the next one is executed; counted for each task of each job. */
  failures: count,
  error: z.string().optional(),
});

/** What is to go wrong. With the same seed the same requests in the same order meet the same faults. */
export const faultPlan = object({
  seed: z.int().optional(),
  requests: z.array(requestFault).optional(),
  tasks: z.array(taskFault).optional(),
});
export type FaultPlan = z.infer<typeof faultPlan>;
export type RequestFault = z.infer<typeof requestFault>;

/** @throws {JobstrataError} when the file cannot be read, or is not a valid plan of faults */
export function readFaultPlan(file: string): FaultPlan {
  try {
    const text = readFileSync(file, "utf8");
    if (/\.ya?ml$/i.test(file)) {
      // Loaded when it is needed: it would be a good part of the time that the workspace takes to start.
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

/** Decides what goes wrong, by a plan that can be changed while the workspace runs. */
export class Faults {
  #plan: FaultPlan = {};
  #patterns: (((request: string) => boolean) | undefined)[] = [];
  #struck: number[] = [];
  readonly #failed = new Map<string, number>();
  #random = generator(1);

  public constructor(plan: FaultPlan = {}) {
    this.set(plan);
  }

  /** Replaces the plan; what was counted for the last one is forgotten. */
  public set(plan: FaultPlan): void {
    this.#plan = plan;
    this.#random = generator(plan.seed ?? 1);
    this.#failed.clear();
    this.#struck = (plan.requests ?? []).map(() => 0);
    this.#patterns = (plan.requests ?? []).map(({ match }) =>
      match === undefined ? undefined : globOf(match),
    );
  }

  /** The plan, and how often each of its request faults has struck. */
  public report(): Record<string, unknown> {
    return { plan: this.#plan, struck: this.#struck };
  }

  /** What goes wrong with this request: of the faults that match, the first that strikes. */
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

  /** Executes tasks with `executor`, except for the attempts that are to fail. */
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

/** The error that a fault with a status answers with. */
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

/** Numbers from 0 to 1 that depend on nothing but the seed (mulberry32). */
function generator(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
