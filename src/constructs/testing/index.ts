import type { JobMatchers } from "./matchers";

export { jobGraph, type TestedJobs } from "./job-graph";
export {
  type AtomicJobExpectation,
  type JobMatchers,
  jobMatchers,
  type MatcherResult,
  type RunJobExpectation,
} from "./matchers";

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- it is how jest's types are extended
  namespace jest {
    // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- as jest declares it
    interface Matchers<R, T = {}> extends JobMatchers<R> {}
  }
}
