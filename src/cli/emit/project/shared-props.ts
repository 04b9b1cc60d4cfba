import { JOB_LEVEL_TAG, JOB_LEVELS, type JobLevel } from "@jobstrata/core/model";
import type { TypedJob } from "../typed/plan";
import type { Value } from "../typed/value";

type Props = Readonly<Record<string, Value>>;

/** Tags that a job's class, stack and props set. */
export const OWN_TAGS: ReadonlySet<string> = new Set([
  JOB_LEVEL_TAG,
  "orchestrator",
  "layer",
  "purpose",
]);

/** Props that all jobs of an environment share. */
export class SharedProps {
  /** As props of the environment. */
  readonly props: Props;
  readonly #all: Props;
  readonly #tags: Readonly<Record<string, string>>;
  readonly #byLevel: ReadonlyMap<JobLevel, Props>;

  /** @param jobs typed jobs */
  public constructor(jobs: readonly TypedJob[]) {
    this.#all = common(jobs, ["runAs", "permissions"]);
    this.#tags = commonTags(jobs);
    this.#byLevel = new Map(
      JOB_LEVELS.map((level) => {
        const own = jobs.filter((job) => job.level === level);
        return [level, common(own, ["maxConcurrentRuns", "timeoutSeconds"])] as const;
      }).filter(([, props]) => Object.keys(props).length > 0),
    );
    this.props = {
      ...(Object.keys(this.#tags).length > 0 && { tags: this.#tags }),
      ...this.#all,
      ...(this.#byLevel.size > 0 && { defaults: Object.fromEntries(this.#byLevel) }),
    };
  }

  /** Removes the props that the environment sets. */
  public takeFrom(props: Record<string, Value>, level: JobLevel): void {
    for (const name of Object.keys({ ...this.#all, ...this.#byLevel.get(level) }))
      Reflect.deleteProperty(props, name);
    const tags = Object.entries((props.tags ?? {}) as Readonly<Record<string, string>>);
    const own = tags.filter(([tag]) => !Object.hasOwn(this.#tags, tag));
    if (own.length > 0) props.tags = Object.fromEntries(own);
    else Reflect.deleteProperty(props, "tags");
  }
}

/** The values of props on which all jobs agree. */
function common(jobs: readonly TypedJob[], names: readonly string[]): Props {
  const result: Record<string, Value> = {};
  const [first, second] = jobs;
  if (first === undefined || second === undefined) return result;
  // The environment has no default for continuous jobs.
  if (jobs.some(({ props }) => isContinuous(props.trigger))) names = names.filter(isOfEveryJob);
  for (const name of names) {
    const value = first.props[name];
    const text = JSON.stringify(value);
    if (value !== undefined && jobs.every(({ props }) => JSON.stringify(props[name]) === text))
      result[name] = value;
  }
  return result;
}

const isOfEveryJob = (name: string): boolean => name !== "maxConcurrentRuns";

const isContinuous = (trigger: Value | undefined): boolean =>
  typeof trigger === "object" &&
  "$call" in trigger &&
  (trigger as { $call: string }).$call === "JobTrigger.continuous";

/** Tags that all jobs share, except those of the hierarchy. */
function commonTags(jobs: readonly TypedJob[]): Record<string, string> {
  const all = jobs.map(({ props }) => (props.tags ?? {}) as Readonly<Record<string, string>>);
  const [first, second] = all;
  if (first === undefined || second === undefined) return {};
  return Object.fromEntries(
    Object.entries(first).filter(
      ([tag, value]) => !OWN_TAGS.has(tag) && all.every((tags) => tags[tag] === value),
    ),
  );
}
