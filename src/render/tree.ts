import { printable } from "../model/text";
import { PLAIN, type Style } from "../report/style";
import { type Hierarchy, type HierarchyJob, rootsOf, whatRuns, worstOf } from "./hierarchy";

/** How a tree is to look. */
export interface TreeOptions {
  /** Jobs alone, or the tasks by which they run each other, too. @default "jobs" */
  readonly level?: "jobs" | "tasks";
  /** @default no colours */
  readonly style?: Style;
}

interface Entry {
  readonly text: string;
  readonly below: readonly Entry[];
}

/** The hierarchy for a terminal. What is below a job that is run from several places is drawn at the first. */
export function hierarchyTree(hierarchy: Hierarchy, options: TreeOptions = {}): string {
  const { level = "jobs", style = PLAIN } = options;
  const tree = new Tree(hierarchy, level, style);
  const lines: string[] = [];
  for (const entry of tree.entries()) write(entry, "", "", style, lines);
  return lines.join("\n");
}

class Tree {
  readonly #byId: ReadonlyMap<string, HierarchyJob>;
  readonly #done = new Set<HierarchyJob>();

  public constructor(
    private readonly hierarchy: Hierarchy,
    private readonly level: "jobs" | "tasks",
    private readonly style: Style,
  ) {
    this.#byId = new Map(hierarchy.jobs.map((job) => [job.id, job]));
  }

  public entries(): Entry[] {
    const { jobs } = this.hierarchy;
    const runs = (job: HierarchyJob): HierarchyJob[] =>
      job.tasks.flatMap((task) => this.#job(task.runs) ?? []);
    return rootsOf(jobs, runs).map((job) => ({
      text: this.#label(job),
      below: this.#below(job),
    }));
  }

  #job(id: string | undefined): HierarchyJob | undefined {
    return id === undefined ? undefined : this.#byId.get(id);
  }

  #below(job: HierarchyJob): Entry[] {
    this.#done.add(job);
    return this.level === "tasks" ? this.#tasks(job) : this.#jobs(job);
  }

  #jobs(job: HierarchyJob): Entry[] {
    const byKey = new Map(job.tasks.map((task) => [task.spec.taskKey, task]));
    const targets = new Map<HierarchyJob, Set<string>>();
    for (const { runs, spec } of job.tasks) {
      const target = this.#job(runs);
      if (target === undefined) continue;
      const after = targets.get(target) ?? new Set<string>();
      targets.set(target, after);
      for (const key of spec.dependsOn) {
        const first = this.#job(byKey.get(key)?.runs);
        after.add(first === undefined || first === target ? key : first.spec.key);
      }
    }
    return [...targets].map(([target, after]) =>
      this.#entry(target, this.#label(target) + this.#after([...after])),
    );
  }

  #tasks(job: HierarchyJob): Entry[] {
    const { style } = this;
    return job.tasks.map(({ spec, runs }) => {
      const target = this.#job(runs);
      const after = this.#after(spec.dependsOn);
      const key = printable(spec.taskKey);
      if (target === undefined)
        return { text: `${key}  ${style.faint(printable(whatRuns(spec)))}${after}`, below: [] };
      return this.#entry(target, `${key}  ${style.marks.arrow} ${this.#label(target)}${after}`);
    });
  }

  #entry(job: HierarchyJob, text: string): Entry {
    if (!this.#done.has(job)) return { text, below: this.#below(job) };
    const hasMore = job.tasks.some(({ runs }) => runs !== undefined);
    return { text: hasMore ? `${text}  ${this.style.faint("(see above)")}` : text, below: [] };
  }

  #label(job: HierarchyJob): string {
    const { style } = this;
    const [task, ...others] = job.tasks;
    const own =
      this.level === "jobs" && task !== undefined && others.length === 0 && task.runs === undefined
        ? whatRuns(task.spec)
        : "";
    return [
      style.strong(printable(job.spec.key)),
      job.level ?? "no level",
      ...(own === "" ? [] : [style.faint(printable(own))]),
      ...findingsOf(job, style),
    ].join("  ");
  }

  #after(keys: readonly string[]): string {
    return keys.length === 0
      ? ""
      : `  ${this.style.faint(`after ${keys.map(printable).join(", ")}`)}`;
  }
}

function findingsOf(job: HierarchyJob, style: Style): string[] {
  const worst = worstOf(job);
  if (worst === undefined) return [];
  const rules = [...new Set(job.findings.map(({ rule }) => rule))].map(printable).join(", ");
  return [worst === "error" ? style.bad(`${style.marks.bad} ${rules}`) : style.busy(`! ${rules}`)];
}

function write(
  { text, below }: Entry,
  first: string,
  rest: string,
  style: Style,
  lines: string[],
): void {
  lines.push(first + text);
  const { branch, last, down } = style.marks;
  for (const [at, entry] of below.entries()) {
    const isLast = at === below.length - 1;
    write(
      entry,
      rest + style.faint(isLast ? last : branch),
      rest + (isLast ? " ".repeat(last.length) : style.faint(down)),
      style,
      lines,
    );
  }
}
