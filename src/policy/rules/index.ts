import type { Rule } from "../rule";
import { atomicEnvironment } from "./atomic-environment";
import { atomicOneNotebook } from "./atomic-one-notebook";
import { compositeRunsJobs } from "./composite-runs-jobs";
import { dependsOn } from "./depends-on";
import { jobKey } from "./job-key";
import { jobLevelTag } from "./job-level-tag";
import { jobReference } from "./job-reference";
import { notebookInOneJob } from "./notebook-in-one-job";
import { runJobCycle } from "./run-job-cycle";
import { runJobDepth } from "./run-job-depth";
import { taskCycle } from "./task-cycle";
import { taskKey } from "./task-key";

/** Every rule, in the order in which findings are reported. The first six lines are the specification's checklist. */
export const RULES: readonly Rule[] = [
  notebookInOneJob,
  compositeRunsJobs,
  jobLevelTag,
  jobReference,
  dependsOn,
  atomicEnvironment,
  atomicOneNotebook,
  jobKey,
  taskKey,
  taskCycle,
  runJobCycle,
  runJobDepth,
];
