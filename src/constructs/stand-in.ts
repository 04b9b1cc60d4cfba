import { marker } from "@jobstrata/core/model";
import type { IJob } from "./job";

/** Marks a construct that stands in for an external job in the local workspace. */
export const STAND_IN = Symbol.for("jobstrata/stand-in");

/** A job that stands in for an external job in the local workspace. Accepts any parameter. */
export interface StandIn extends IJob {
  /** Declares these job parameters. */
  accept(parameters: readonly string[]): void;
}

export function isStandIn(job: IJob): job is StandIn {
  return marker(job, STAND_IN) === true;
}
