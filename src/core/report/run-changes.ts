import type { RunId } from "../model/int64";
import { type JobRunNode, type RunStatus, tasksBelow, type TaskRunNode } from "../model/run-tree";

/** A change since the last poll. */
export interface RunChange {
  readonly kind: "started" | "retried" | "ended";
  /** Task keys from the top; empty for the run itself. */
  readonly path: readonly string[];
  readonly node: JobRunNode | TaskRunNode;
}

/** Compares each poll of a run with the previous one, and returns the changes. */
export class RunChanges {
  readonly #seen = new Map<string, { phase: RunStatus["phase"]; runId: RunId; state: string }>();

  public since(run: JobRunNode): RunChange[] {
    const changes: RunChange[] = [];
    this.#compare(run, [], changes, "started");
    const ends: RunChange[] = [];
    for (const { task, path } of tasksBelow(run)) this.#compare(task, path, changes, "both", ends);
    this.#compare(run, [], ends, "ended");
    // At the same time, nested tasks end first.
    ends.sort(
      (a, b) => (a.node.endTime ?? 0) - (b.node.endTime ?? 0) || b.path.length - a.path.length,
    );
    return [...changes, ...ends];
  }

  #compare(
    node: JobRunNode | TaskRunNode,
    path: readonly string[],
    changes: RunChange[],
    which: "started" | "ended" | "both",
    ends: RunChange[] = changes,
  ): void {
    const id = path.join("/");
    const { phase, state } = node.status;
    const before = this.#seen.get(id);
    // Another attempt, by a retry or a repair, has a new run id.
    const again = before !== undefined && before.runId !== node.runId;
    if (which !== "ended") {
      const began = phase !== "waiting" && node.startTime !== undefined;
      if (again && "retries" in node && node.retries > 0)
        changes.push({ kind: "retried", path, node });
      else if (began && (before === undefined || again || before.phase === "waiting"))
        changes.push({ kind: "started", path, node });
      if (which === "started" && phase === "ended") return;
    }
    if (phase === "ended" && (before?.phase !== "ended" || again || before.state !== state))
      ends.push({ kind: "ended", path, node });
    this.#seen.set(id, { phase, runId: node.runId, state });
  }
}
