import {
  EDIT_MODES,
  HEALTH_METRICS,
  HEALTH_OPERATORS,
  JOB_PERMISSION_LEVELS,
  MAX_CONCURRENT_RUNS,
  PERFORMANCE_TARGETS,
} from "@jobstrata/core/model";
import { JobCompute } from "./job-compute";
import type {
  HealthRule,
  JobDefaults,
  JobPermission,
  JobProps,
  NotebookTaskProps,
  NotificationEvents,
  NotificationProps,
  RunAs,
  TaskRetryProps,
  TaskSettings,
} from "./job-props";
import { JobTrigger } from "./job-trigger";
import {
  exactlyOne,
  filled,
  flag,
  listOf,
  made,
  mapOf,
  object,
  oneOf,
  type Shape,
  type Shapes,
  text,
  whole,
} from "./shape";

// Shapes of job props, for users without type checking.

const EVENTS: Shapes<NotificationEvents> = {
  onStart: listOf(filled),
  onSuccess: listOf(filled),
  onFailure: listOf(filled),
  onDurationWarningThresholdExceeded: listOf(filled),
  onStreamingBacklogExceeded: listOf(filled),
};

const HEALTH_RULE = object<HealthRule>(
  {
    metric: oneOf(...HEALTH_METRICS),
    op: oneOf(...HEALTH_OPERATORS),
    value: whole(0),
  },
  "metric",
  "value",
);

const NOTIFICATIONS: Shapes<NotificationProps> = {
  healthRules: listOf(HEALTH_RULE),
  emailNotifications: object(EVENTS),
  webhookNotifications: object(EVENTS),
  noAlertForSkippedRuns: flag,
  noAlertForCanceledRuns: flag,
};

export const TASK_SETTINGS: Shapes<TaskSettings> = {
  ...NOTIFICATIONS,
  description: text,
  timeoutSeconds: whole(0),
  disabled: flag,
  alertOnLastAttempt: flag,
};

export const RETRIES: Shapes<TaskRetryProps> = {
  maxRetries: whole(-1),
  minRetryIntervalMillis: whole(0),
  retryOnTimeout: flag,
};

export const JOB_DEFAULTS: Shapes<JobDefaults> = {
  ...NOTIFICATIONS,
  ...RETRIES,
  timeoutSeconds: whole(0),
  maxConcurrentRuns: whole(0, MAX_CONCURRENT_RUNS),
};

export const RUN_AS: Shape = exactlyOne(
  object<Record<keyof RunAs, string>>({ servicePrincipalName: filled, userName: filled }),
  "servicePrincipalName",
  "userName",
);

export const PERMISSIONS: Shape = listOf(
  exactlyOne(
    object<Record<keyof JobPermission, string>>(
      {
        level: oneOf(...JOB_PERMISSION_LEVELS),
        groupName: filled,
        userName: filled,
        servicePrincipalName: filled,
      },
      "level",
    ),
    "groupName",
    "userName",
    "servicePrincipalName",
  ),
);

const LIBRARY: Shape = exactlyOne(
  object({
    pypi: object({ package: filled, repo: text }, "package"),
    maven: object({ coordinates: filled, repo: text, exclusions: listOf(text) }, "coordinates"),
    cran: object({ package: filled, repo: text }, "package"),
    whl: filled,
    jar: filled,
    egg: filled,
    requirements: filled,
  }),
  ...["pypi", "maven", "cran", "whl", "jar", "egg", "requirements"],
);

export const JOB: Shapes<JobProps> = {
  ...NOTIFICATIONS,
  name: filled,
  description: text,
  layer: filled,
  purpose: filled,
  tags: mapOf(text),
  jobParameters: mapOf(text),
  trigger: made(
    (value) => JobTrigger.isJobTrigger(value),
    "a JobTrigger, such as JobTrigger.schedule({ … })",
  ),
  paused: flag,
  timeoutSeconds: whole(0),
  maxConcurrentRuns: whole(0, MAX_CONCURRENT_RUNS),
  queue: flag,
  runAs: RUN_AS,
  permissions: PERMISSIONS,
  performanceTarget: oneOf(...PERFORMANCE_TARGETS),
  usagePolicyId: filled,
  budgetPolicyId: filled,
  editMode: oneOf(...EDIT_MODES),
  deployment: object({ kind: oneOf("BUNDLE"), metadataFilePath: filled }, "kind"),
  providerConfig: object({ workspaceId: filled }, "workspaceId"),
  timeouts: object({ create: filled, update: filled }),
};

export const NOTEBOOK_TASK: Shapes<NotebookTaskProps> = {
  ...RETRIES,
  parameters: mapOf(text),
  compute: made(
    (value) => JobCompute.isJobCompute(value),
    "a JobCompute, such as JobCompute.serverless()",
  ),
  warehouseId: filled,
  libraries: listOf(LIBRARY),
  disableAutoOptimization: flag,
  task: object(TASK_SETTINGS),
};
