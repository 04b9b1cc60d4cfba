import type { Rule } from "../rule";
import { allowedValues } from "./allowed-values";
import { atomicEnvironment } from "./atomic-environment";
import { atomicOneNotebook } from "./atomic-one-notebook";
import { codeOutsideNotebooks } from "./code-outside-notebooks";
import { compositeRunsJobs } from "./composite-runs-jobs";
import { continuousJob } from "./continuous-job";
import { dependencyWithoutData } from "./dependency-without-data";
import { missingDependency } from "./missing-dependency";
import { readsBeforeWrite } from "./reads-before-write";
import { sharedScratch } from "./shared-scratch";
import { unorderedWriters } from "./unordered-writers";
import { dependsOn } from "./depends-on";
import { dependsOnOutcome } from "./depends-on-outcome";
import { dynamicValueReference } from "./dynamic-value-reference";
import { duplicateKey } from "./duplicate-key";
import { environmentKey } from "./environment-key";
import { environmentVersion } from "./environment-version";
import { exclusiveSettings } from "./exclusive-settings";
import { failureNotifications } from "./failure-notifications";
import { forEach } from "./for-each";
import { hiddenValue } from "./hidden-value";
import { jobClusterKey } from "./job-cluster-key";
import { jobKey } from "./job-key";
import { jobLevelTag } from "./job-level-tag";
import { jobName } from "./job-name";
import { jobParameterName } from "./job-parameter-name";
import { jobReference } from "./job-reference";
import { jobSchema } from "./job-schema";
import { jobTags } from "./job-tags";
import { jobTasks } from "./job-tasks";
import { layerTag } from "./layer-tag";
import { libraryFile } from "./library-file";
import { maxConcurrentRuns } from "./max-concurrent-runs";
import { namePrefix } from "./name-prefix";
import { notebookFile } from "./notebook-file";
import { notebookInOneJob } from "./notebook-in-one-job";
import { notebookWidgets } from "./notebook-widgets";
import { orchestratorLevel } from "./orchestrator-level";
import { orchestratorTag } from "./orchestrator-tag";
import { orphanAtomic } from "./orphan-atomic";
import { permissions } from "./permissions";
import { purposeTag } from "./purpose-tag";
import { pythonFileTask } from "./python-file-task";
import { retries } from "./retries";
import { runAs } from "./run-as";
import { runJobCycle } from "./run-job-cycle";
import { runJobDepth } from "./run-job-depth";
import { scheduleExpression } from "./schedule-expression";
import { schedulePaused } from "./schedule-paused";
import { serverless } from "./serverless";
import { serverlessLibraries } from "./serverless-libraries";
import { settingLimits } from "./setting-limits";
import { targetMode } from "./target-mode";
import { taskCycle } from "./task-cycle";
import { taskFile } from "./task-file";
import { taskKey } from "./task-key";
import { taskLibraries } from "./task-libraries";
import { taskType } from "./task-type";
import { timeout } from "./timeout";
import { undeclaredParameter } from "./undeclared-parameter";
import { unreadParameter } from "./unread-parameter";
import { uniqueJobName } from "./unique-job-name";
import { unknownField } from "./unknown-field";
import { unreadFile } from "./unread-file";
import { webhookNotifications } from "./webhook-notifications";

/**
 * All rules, in the order in which findings are reported. The first six lines are the specification's checklist. The
 * configuration selects rules; the default presets are correctness and spec.
 */
export const RULES: readonly Rule[] = [
  notebookInOneJob,
  compositeRunsJobs,
  jobLevelTag,
  jobReference,
  dependsOn,
  atomicEnvironment,
  atomicOneNotebook,
  orchestratorLevel,
  codeOutsideNotebooks,
  jobKey,
  taskKey,
  taskCycle,
  runJobCycle,
  runJobDepth,
  dependsOnOutcome,
  dynamicValueReference,
  undeclaredParameter,
  notebookWidgets,
  unreadParameter,
  missingDependency,
  readsBeforeWrite,
  unorderedWriters,
  sharedScratch,
  taskType,
  jobSchema,
  unknownField,
  duplicateKey,
  notebookFile,
  taskFile,
  libraryFile,
  unreadFile,
  hiddenValue,
  jobTags,
  jobTasks,
  jobName,
  uniqueJobName,
  jobParameterName,
  maxConcurrentRuns,
  forEach,
  environmentKey,
  jobClusterKey,
  webhookNotifications,
  allowedValues,
  exclusiveSettings,
  settingLimits,
  scheduleExpression,
  continuousJob,
  serverlessLibraries,
  layerTag,
  purposeTag,
  orchestratorTag,
  namePrefix,
  environmentVersion,
  orphanAtomic,
  serverless,
  taskLibraries,
  pythonFileTask,
  runAs,
  permissions,
  retries,
  timeout,
  failureNotifications,
  schedulePaused,
  targetMode,
  dependencyWithoutData,
];
