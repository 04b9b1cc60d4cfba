import { longestPaths } from "../model/graph-algorithms";
import type { TaskSpec } from "../model/job-spec";
import { printable } from "../model/text";
import { PLAIN, type Style } from "../report/style";
import { type Hierarchy, type HierarchyJob, rootsOf, worstOf } from "./hierarchy";
import {
  conditionsOf,
  conditionText,
  dependencyText,
  dependencyTexts,
  whatRuns,
} from "./task-words";

/** Options of a tree. */
export interface TreeOptions {
  /** Whether to include the tasks that run other jobs. @default "jobs" */
  readonly level?: "jobs" | "tasks";
  /** @default no colours */
  readonly style?: Style;
}

/**
 * Maximum indentation; deeper jobs restart at the left. A chain of thousands of jobs would otherwise take hundreds of
 * megabytes.
 */
const MAX_DEPTH = 40;

interface Entry {
  readonly text: string;
  /** The job whose children appear below this entry. */
  readonly job?: HierarchyJob;
}

/** An entry with the prefixes of its line and of the lines below it. */
interface Line extends Entry {
  readonly depth: number;
  readonly first: string;
  readonly rest: string;
}

/** The hierarchy as text for a terminal. A job that several jobs run is expanded only the first time. */
export function hierarchyTree(hierarchy: Hierarchy, options: TreeOptions = {}): string {
  const { level = "jobs", style = PLAIN } = options;
  return new Tree(hierarchy, level, style).lines().join("\n");
}

class Tree {
  readonly #byId: ReadonlyMap<string, HierarchyJob>;
  readonly #done = new Set<HierarchyJob>();

  readonly #hierarchy: Hierarchy;
  readonly #level: "jobs" | "tasks";
  readonly #style: Style;

  public constructor(hierarchy: Hierarchy, level: "jobs" | "tasks", style: Style) {
    this.#hierarchy = hierarchy;
    this.#level = level;
    this.#style = style;

    this.#byId = new Map(hierarchy.jobs.map((job) => [job.id, job]));
  }

  public lines(): string[] {
    const runs = (job: HierarchyJob): HierarchyJob[] =>
      job.tasks.flatMap((task) => this.#job(task.runs) ?? []);
    const tops = new Set(rootsOf(this.#hierarchy.jobs, runs));
    const lines: string[] = [];
    // Iterating over a set includes entries that are added meanwhile: jobs that exceeded the indentation.
    for (const top of tops) {
      if (this.#done.has(top)) continue;
      const waiting: Line[] = [{ text: this.#label(top), job: top, depth: 0, first: "", rest: "" }];
      for (let line = waiting.pop(); line !== undefined; line = waiting.pop()) {
        const below = this.#below(line, tops);
        lines.push(line.first + line.text + (typeof below === "string" ? below : ""));
        // Not a spread: a job may have very many tasks.
        if (typeof below !== "string") for (const each of below.reverse()) waiting.push(each);
      }
    }
    return lines;
  }

  /** The lines below a line, or a reference to where they are drawn. */
  #below({ job, depth, rest }: Line, tops: Set<HierarchyJob>): Line[] | string {
    if (job === undefined) return [];
    const style = this.#style;
    const below = this.#level === "tasks" ? this.#tasks(job) : this.#jobs(job);
    if (below.length > 0 && this.#done.has(job)) return `  ${style.faint("(see above)")}`;
    if (below.length > 0 && depth >= MAX_DEPTH) {
      tops.add(job);
      return `  ${style.faint("(see below)")}`;
    }
    this.#done.add(job);
    const { branch, last, down } = style.marks;
    return below.map((entry, at) => {
      const isLast = at === below.length - 1;
      return {
        ...entry,
        depth: depth + 1,
        first: rest + style.faint(isLast ? last : branch),
        rest: rest + (isLast ? " ".repeat(last.length) : style.faint(down)),
      };
    });
  }

  #job(id: string | undefined): HierarchyJob | undefined {
    return id === undefined ? undefined : this.#byId.get(id);
  }

  #jobs(job: HierarchyJob): Entry[] {
    const byKey = new Map(job.tasks.map((task) => [task.spec.taskKey, task]));
    const steps = stepsOf(job);
    const targets = new Map<
      HierarchyJob,
      { step: number | undefined; after: Set<string>; when: Set<string> }
    >();
    for (const { runs, spec, loop } of job.tasks) {
      const target = this.#job(runs);
      if (target === undefined) continue;
      const known = targets.get(target);
      const step = known === undefined ? steps.get((loop ?? spec).taskKey) : known.step;
      const { after, when } = known ?? { after: new Set(), when: new Set() };
      targets.set(target, { step, after, when });
      for (const each of loop === undefined ? [spec] : [loop, spec]) {
        for (const key of each.dependsOn) {
          const task = byKey.get(key);
          const first = this.#job(task?.runs);
          const outcome = each.outcomes?.get(key);
          const condition = task?.spec.condition;
          // The condition task runs no job, so it appears only here.
          const needed =
            outcome !== undefined && condition !== undefined
              ? `${conditionText(condition)} is ${outcome}`
              : outcome;
          const name = first === undefined || first === target ? key : first.spec.key;
          after.add(dependencyText(name, needed));
        }
        for (const condition of conditionsOf(each)) when.add(condition);
      }
      if (loop !== undefined) when.add(whatRuns(loop));
    }
    return [...targets].map(([target, { step, after, when }]) => ({
      text: this.#step(step) + this.#label(target) + this.#after([...after], [...when]),
      job: target,
    }));
  }

  #tasks(job: HierarchyJob): Entry[] {
    const style = this.#style;
    const steps = stepsOf(job);
    return job.tasks.map(({ spec, runs, loop }) => {
      const target = this.#job(runs);
      const after = this.#after(dependencyTexts(spec), [
        ...(loop === undefined ? [] : [`in ${loop.taskKey}`]),
        ...conditionsOf(spec),
      ]);
      const step = loop === undefined ? this.#step(steps.get(spec.taskKey)) : "";
      const key = step + printable(spec.taskKey);
      if (target === undefined)
        return { text: `${key}  ${style.faint(printable(whatRuns(spec)))}${after}` };
      return {
        text: `${key}  ${style.marks.arrow} ${this.#label(target)}${after}`,
        job: target,
      };
    });
  }

  #step(step: number | undefined): string {
    return step === undefined ? "" : `${this.#style.faint(`${step}.`)} `;
  }

  #label(job: HierarchyJob): string {
    const style = this.#style;
    const [task, ...others] = job.tasks;
    const own =
      this.#level === "jobs" && task !== undefined && others.length === 0 && task.runs === undefined
        ? whatRuns(task.spec)
        : "";
    return [
      style.strong(printable(job.spec.key)),
      ...(job.isExternal === true ? [] : [job.level ?? "no level"]),
      ...(own === "" ? [] : [style.faint(printable(own))]),
      ...findingsOf(job, style),
    ].join("  ");
  }

  #after(after: readonly string[], when: readonly string[]): string {
    const waits = after.length === 0 ? [] : [`after ${after.map(printable).join(", ")}`];
    const words = [...waits, ...when.map(printable)].join(", ");
    return words === "" ? "" : `  ${this.#style.faint(words)}`;
  }
}

/**
 * The step of each task, from 1, if any task has dependencies: one more than its latest dependency. Tasks in or behind
 * a cycle have none.
 */
function stepsOf(job: HierarchyJob): ReadonlyMap<string, number> {
  const tasks = job.tasks.flatMap(({ spec, loop }) => (loop === undefined ? [spec] : []));
  const byKey = new Map(tasks.map((task) => [task.taskKey, task]));
  const before = ({ dependsOn }: TaskSpec): TaskSpec[] =>
    dependsOn.flatMap((key) => byKey.get(key) ?? []);
  if (!tasks.some((task) => before(task).length > 0)) return new Map();
  const lengths = longestPaths(tasks, before);
  return new Map([...lengths].map(([{ taskKey }, length]) => [taskKey, length + 1]));
}

function findingsOf(job: HierarchyJob, style: Style): string[] {
  const worst = worstOf(job);
  if (worst === undefined) return [];
  const rules = [...new Set(job.findings.map(({ rule }) => rule))].map(printable).join(", ");
  return [worst === "error" ? style.bad(`${style.marks.bad} ${rules}`) : style.busy(`! ${rules}`)];
}
