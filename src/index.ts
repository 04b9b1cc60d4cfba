export { AtomicJob, type AtomicJobProps } from "./constructs/atomic-job";
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
} from "./constructs/composite-job";
export { fromJobId, fromJobName } from "./constructs/imported-job";
export type { IJob } from "./constructs/job";
export { JobCompute, type JobCluster } from "./constructs/job-compute";
export {
  inLocalWorkspace,
  JobEnvironment,
  LOCAL_WAREHOUSE_ID,
  type FailureNotifications,
  type JobEnvironmentProps,
  type VariableDefault,
  type VariableProps,
  type Workspace,
} from "./constructs/job-environment";
export { JobLayer, type JobLayerProps } from "./constructs/job-layer";
export type {
  HealthRule,
  JobOverrides,
  JobPermission,
  JobProps,
  NotebookTaskProps,
  NotificationEvents,
  RunAs,
  TaskRetryProps,
} from "./constructs/job-props";
export { JobStack, type JobStackProps } from "./constructs/job-stack";
export { JobTrigger } from "./constructs/job-trigger";
export { type GitReference, NotebookSource } from "./constructs/notebook-source";
export { suppressFinding, type SuppressFindingProps } from "./constructs/suppress-finding";
export { WorkspaceFolder, type WorkspaceFolderProps } from "./constructs/workspace-folder";
export { JobstrataError, type ErrorCode } from "./errors";
export type { Finding, FindingSite, RuleMatch, Severity } from "./model/finding";
export { JobGraph, type TaskUse } from "./model/job-graph";
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
} from "./model/job-spec";
export { App, type AppProps } from "./policy/app";
export {
  HierarchyPolicy,
  type HierarchyPolicyProps,
  setEnvironment,
} from "./policy/hierarchy-policy";
export { defineRule, type Preset, type Rule, type RuleDocs, type RuleOptions } from "./policy/rule";
export { RULES } from "./policy/rules";
