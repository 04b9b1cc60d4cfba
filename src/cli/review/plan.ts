import { JobstrataError } from "@jobstrata/core/errors";
import { type JobGraph, maskSecret, quote, systemReason } from "@jobstrata/core/model";
import {
  priorState,
  readJsonFile,
  readTerraformJson,
  UnreadableJson,
} from "@jobstrata/core/readers";
import { diffHierarchies, type HierarchyDiff, UnknownJobs } from "@jobstrata/core/render";

/** A planned action on a resource. */
export type PlanAction = "create" | "update" | "replace" | "delete" | "forget" | "move" | "import";

/** A planned change of a resource. */
interface PlannedChange {
  readonly address: string;
  readonly action: PlanAction;
  /** Its previous address, if it moves. */
  readonly from?: string;
}

/** Summary of a plan. */
export interface PlanSummary {
  readonly file: string;
  /** Changes, without no-ops; deletions and replacements first. */
  readonly changes: readonly PlannedChange[];
  readonly counts: Readonly<Record<PlanAction, number>>;
  /** Changes of its jobs. */
  readonly jobs: readonly HierarchyDiff[];
  /** Why the plan is incomplete. */
  readonly problem?: string;
}

/** Most dangerous first. */
const ACTIONS: readonly PlanAction[] = [
  "delete",
  "replace",
  "forget",
  "update",
  "create",
  "import",
  "move",
];

interface PlanJson {
  readonly planned_values?: object;
  readonly errored?: boolean;
  readonly complete?: boolean;
  readonly resource_changes?: readonly {
    readonly address?: string;
    readonly previous_address?: string;
    readonly mode?: string;
    readonly change?: { readonly actions?: readonly string[]; readonly importing?: object };
  }[];
}

/** Reads a plan from the output of `terraform show -json`. @throws {JobstrataError} `source` if it is not a plan */
export function readPlan(file: string): PlanSummary {
  let json: unknown;
  try {
    json = readJsonFile(file === "-" ? 0 : file);
  } catch (error) {
    const reason = systemReason(error);
    if (error instanceof UnreadableJson)
      throw new JobstrataError("source", `the plan ${quote(file)} ${error.message}`);
    if (reason === undefined) throw error;
    throw new JobstrataError("source", `the plan ${quote(file)} cannot be read: ${reason}`);
  }
  const plan = Object(json) as PlanJson;
  const before = priorState(json);
  if (before === undefined)
    throw new JobstrataError(
      "source",
      `${quote(file)} is not a plan; make one with: terraform plan -out plan.bin && terraform show -json plan.bin > plan.json`,
    );
  const options = { mask: maskSecret };
  const [old] = readTerraformJson(before, file, options).graphs;
  const [now] = readTerraformJson(json, file, options).graphs;
  const changes = (plan.resource_changes ?? []).flatMap(changeOf).sort(byDanger);
  const counts = Object.fromEntries(ACTIONS.map((action) => [action, 0])) as PlanSummary["counts"] &
    Record<PlanAction, number>;
  for (const { action } of changes) counts[action]++;
  const problem =
    plan.errored === true
      ? "planning failed before it had looked at everything"
      : plan.complete === false
        ? "parts of it are deferred to a later plan"
        : undefined;
  return {
    file,
    changes,
    counts,
    jobs: jobsOf(old, now),
    ...(problem !== undefined && { problem }),
  };
}

function jobsOf(old: JobGraph | undefined, now: JobGraph | undefined): HierarchyDiff[] {
  const diff = diffHierarchies(old, now);
  return diff instanceof UnknownJobs || diff.jobs.length === 0 ? [] : [diff];
}

function changeOf({
  address = "",
  previous_address: from,
  mode = "managed",
  change = {},
}: NonNullable<PlanJson["resource_changes"]>[number]): PlannedChange[] {
  // Data sources are read, not changed.
  if (mode !== "managed") return [];
  const moved = from === undefined || from === address ? {} : { from };
  const action = actionOf(change.actions ?? []) ?? otherOf(change.importing !== undefined, moved);
  return action === undefined ? [] : [{ address, action, ...moved }];
}

function actionOf(actions: readonly string[]): PlanAction | undefined {
  if (actions.includes("create")) return actions.length > 1 ? "replace" : "create";
  return (["delete", "forget", "update"] as const).find((action) => actions.includes(action));
}

const otherOf = (isImported: boolean, moved: object): PlanAction | undefined =>
  isImported ? "import" : "from" in moved ? "move" : undefined;

function byDanger(a: PlannedChange, b: PlannedChange): number {
  const danger = ACTIONS.indexOf(a.action) - ACTIONS.indexOf(b.action);
  return danger || (a.address < b.address ? -1 : 1);
}
