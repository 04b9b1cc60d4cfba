export { AtomicJob, type AtomicJobProps } from "./atomic-job";
export { CompositeJob, type CompositeJobProps } from "./composite-job";
export { fromJobId, fromJobName, type ImportedJobProps } from "./imported-job";
export { type DatabricksJob, isDatabricksJob } from "./is-databricks-job";
export type { IJob } from "./job";
export {
  type ClusterLogConf,
  type InitScript,
  type JobCluster,
  JobCompute,
  type ServerlessOptions,
} from "./job-compute";
export {
  inLocalWorkspace,
  JobEnvironment,
  LOCAL_WAREHOUSE_ID,
  type FailureNotifications,
  type JobEnvironmentProps,
  type VariableDefault,
  type VariableProps,
  type VariableValue,
  type Workspace,
} from "./job-environment";
export { JobLayer, type JobLayerProps } from "./job-layer";
export {
  type ConditionTask,
  type ConditionTaskProps,
  type ForEachTaskProps,
  type RunJobTaskProps,
  type Task,
  type TaskProps,
} from "./job-of-jobs";
export type {
  HealthRule,
  JobDefaults,
  JobOverrides,
  JobPermission,
  JobProps,
  Library,
  NotebookTaskProps,
  NotificationEvents,
  NotificationProps,
  OperationTimeouts,
  RunAs,
  TaskRetryProps,
  TaskSettings,
} from "./job-props";
export { JobStack, type JobStackProps } from "./job-stack";
export {
  type ContinuousOptions,
  type FileArrivalOptions,
  JobTrigger,
  type ModelOptions,
  type PeriodicOptions,
  type ScheduleOptions,
  type TableUpdateOptions,
  type TriggerPauses,
} from "./job-trigger";
export { type GitNotebookOptions, type GitReference, NotebookSource } from "./notebook-source";
export { OrchestratorJob, type OrchestratorJobProps } from "./orchestrator-job";
export { suppressFinding, type SuppressFindingProps } from "./suppress-finding";
export { WorkspaceFolder, type WorkspaceFolderProps } from "./workspace-folder";
export { JobstrataError, type ErrorCode } from "@jobstrata/core/errors";
export type { Finding, FindingSite, RuleMatch, Severity } from "@jobstrata/core/model";
export type {
  ConditionOperator,
  DirtyState,
  EditMode,
  GitProvider,
  HealthMetric,
  HealthOperator,
  JobPermissionLevel,
  ModelCondition,
  PerformanceTarget,
  PeriodicUnit,
  RunIf,
  TableUpdateCondition,
  TaskRetryMode,
} from "@jobstrata/core/model";
export { JobGraph, settingAt, type TaskUse, textAt } from "@jobstrata/core/model";
export type {
  ConditionSpec,
  EnvironmentSpec,
  JobLevel,
  JobRef,
  JobSpec,
  NotebookFile,
  NotebookRef,
  NotebookWidgets,
  NotificationSpec,
  ParameterSpec,
  Setting,
  Settings,
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
