import { marker } from "@jobstrata/core/model";
import type { IJob } from "./job";

/** On a construct: it stands in, on this machine, for a job that others own. */
export const STAND_IN = Symbol.for("jobstrata/stand-in");

/** A job of the local workspace in place of one that others own, which takes any parameter that it is given. */
export interface StandIn extends IJob {
  /** Declares these job parameters. */
  accept(parameters: readonly string[]): void;
}

export function isStandIn(job: IJob): job is StandIn {
  return marker(job, STAND_IN) === true;
}
