export { type Clock, ManualClock, systemClock, type Timer } from "./clock";
export type {
  Notebook,
  TaskExecutor,
  TaskOutcome,
  TaskRequest,
  WorkspaceAccess,
} from "./execute/executor";
export { SimulatedExecutor, type SimulationRule } from "./execute/simulated";
export type { FaultPlan } from "./faults";
export { type LocalWorkspace, type LocalWorkspaceOptions, startLocalWorkspace } from "./workspace";
