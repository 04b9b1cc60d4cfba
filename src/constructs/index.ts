export { AtomicJob, type AtomicJobProps } from "./atomic-job";
export {
  CompositeJob,
  type CompositeJobProps,
  type CompositeTask,
  type CompositeTaskProps,
  type ConditionTask,
  type ConditionTaskProps,
  type ForEachTaskProps,
  type RunIf,
  type RunJobTaskProps,
} from "./composite-job";
export { fromJobId, fromJobName } from "./imported-job";
export type { IJob } from "./job";
export { JobCompute, type JobCluster } from "./job-compute";
export {
  inLocalWorkspace,
  JobEnvironment,
  LOCAL_WAREHOUSE_ID,
  type FailureNotifications,
  type JobEnvironmentProps,
  type VariableDefault,
  type VariableProps,
  type Workspace,
} from "./job-environment";
export { JobLayer, type JobLayerProps } from "./job-layer";
export type {
  HealthRule,
  JobOverrides,
  JobPermission,
  JobProps,
  NotebookTaskProps,
  NotificationEvents,
  RunAs,
  TaskRetryProps,
} from "./job-props";
export { JobStack, type JobStackProps } from "./job-stack";
export { JobTrigger } from "./job-trigger";
export { type GitReference, NotebookSource } from "./notebook-source";
export { suppressFinding, type SuppressFindingProps } from "./suppress-finding";
export { WorkspaceFolder, type WorkspaceFolderProps } from "./workspace-folder";
export { JobstrataError, type ErrorCode } from "@jobstrata/core/errors";
export type { Finding, FindingSite, RuleMatch, Severity } from "@jobstrata/core/model";
export { JobGraph, type TaskUse } from "@jobstrata/core/model";
export type {
  EnvironmentSpec,
  JobLevel,
  JobRef,
  JobSpec,
  NotebookFile,
  NotebookRef,
  NotebookWidgets,
  NotificationSpec,
  ParameterSpec,
  SourceLocation,
  TaskSpec,
  TriggerSpec,
} from "@jobstrata/core/model";
export { App, type AppProps } from "./app";
export { HierarchyPolicy, type HierarchyPolicyProps, setEnvironment } from "./hierarchy-policy";
export {
  defineRule,
  type Preset,
  type Rule,
  type RuleDocs,
  type RuleOptions,
} from "@jobstrata/core/policy";
export { RULES } from "@jobstrata/core/policy";
