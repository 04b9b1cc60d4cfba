import { printable } from "../../model/text";
import { dependencyText } from "../task-words";
import type { Change, HierarchyDiff, JobDiff, OrphanedJob, TaskDiff } from "./hierarchy-diff";
import type { Sides, ValueChange } from "./settings-diff";
import { append } from "../../model/collections";

/** Formats names and values. */
export interface DiffWriter {
  /** Formats the name of a job or task. */
  readonly name: (text: string) => string;
  /** Formats free text, in quotes. */
  readonly value: (text: string) => string;
  /** Formats any other value. */
  readonly plain: (text: string) => string;
  readonly arrow: string;
}

/** A line with nested lines. */
export interface DiffLine {
  readonly mark: Change | "note";
  readonly text: string;
  readonly below: readonly DiffLine[];
}

/** Longer values are truncated around their first difference; characters. */
const MAX_VALUE = 200;
/** Characters shown before the first difference. */
const LEAD = 40;

/** A job with its differences. */
export function jobLine(job: JobDiff, writer: DiffWriter): DiffLine {
  const { key, change, level } = job;
  const text = [writer.name(key), ...(level === undefined ? [] : [level])].join(" ");
  return { mark: change, text, below: belowJob(job, writer) };
}

/** A job that still exists but that no other job runs any more. */
function orphanText({ key, wasRunBy, hasTrigger }: OrphanedJob, writer: DiffWriter): string {
  const runners = named(wasRunBy, writer);
  return `no job runs ${writer.name(key)} any more (${runners} did)${hasTrigger ? "; its own trigger still does" : ""}`;
}

function adoptedText({ key, runBy }: HierarchyDiff["adopted"][number], writer: DiffWriter): string {
  return `${writer.name(key)}, which no job ran, is run by ${named(runBy, writer)}`;
}

function named(keys: readonly string[], { name }: DiffWriter): string {
  const more = keys.length - 10;
  return `${keys.slice(0, 10).map(name).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** Attributes shown for new jobs: when and as whom they run. */
const OF_NEW_JOBS = ["schedule", "trigger", "continuous", "run_as"];

function belowJob(job: JobDiff, writer: DiffWriter): DiffLine[] {
  const { change, attributes, parameters, tasks } = job;
  // A removed job needs no details.
  if (change === "removed") return [];
  const told = attributes.filter(({ name }) => change === "changed" || OF_NEW_JOBS.includes(name));
  return [
    ...told.map((each) => valueLine(each, writer)),
    ...parameters.map((each) => parameterLine(each, writer)),
    ...tasks.map((task) => taskLine(task, writer)),
  ];
}

function taskLine(task: TaskDiff, writer: DiffWriter): DiffLine {
  const { change, path, what, runs, dependsOn, attributes, parameters } = task;
  const { name, arrow } = writer;
  const key = path.map((each) => name(each === "" ? "(no key)" : each)).join(" / ");
  const outcomes = new Map(dependsOn.outcomes.map((each) => [each.name, each]));
  const first = (each: string, side: "before" | "after"): string =>
    name(dependencyText(each, outcomes.get(each)?.[side]));
  const moved = new Set([...dependsOn.added, ...dependsOn.removed]);
  const after = [
    ...dependsOn.added.map((each) => `+ ${first(each, "after")}`),
    ...dependsOn.removed.map((each) => `- ${first(each, "before")}`),
    ...dependsOn.outcomes
      .filter((each) => !moved.has(each.name))
      .map(({ name: key, before, after: now }) => {
        const [was, is] = [before ?? "any outcome", now ?? "any outcome"].map(writer.plain);
        return `${name(key)} ${was ?? ""} ${arrow} ${is ?? ""}`;
      }),
  ].join(", ");
  if (change !== "changed") {
    const waits = change === "added" && dependsOn.added.length > 0;
    const behind = waits
      ? `, after ${dependsOn.added.map((each) => first(each, "after")).join(", ")}`
      : "";
    return {
      mark: change,
      text: `task ${key} ${arrow} ${name(what)}${behind}`,
      below: change === "removed" ? [] : parameters.map((each) => parameterLine(each, writer)),
    };
  }
  return {
    mark: change,
    text: `task ${key}`,
    below: [
      ...(runs === undefined ? [] : [valueLine({ name: "runs", ...runs }, writer)]),
      ...(after === "" ? [] : [{ mark: "changed", text: `after: ${after}`, below: [] } as const]),
      ...attributes.map((each) => valueLine(each, writer)),
      ...parameters.map((each) => parameterLine(each, writer)),
    ],
  };
}

/** Attributes with free text. */
const WORDS = /^(?:name|description|tags\..*)$/s;

function valueLine(change: ValueChange, writer: DiffWriter): DiffLine {
  const { name } = change;
  const show = WORDS.test(name) ? writer.value : writer.plain;
  return sidesLine(LABELS[name] ?? writer.name(name), change, show, writer);
}

/** Short labels of settings that usually are the point of a change. */
const LABELS: Readonly<Record<string, string>> = {
  "alert_task.alert_id": "alert",
  "dashboard_task.dashboard_id": "dashboard",
  "dashboard_task.warehouse_id": "warehouse",
  "dbt_task.commands": "dbt commands",
  "dbt_task.project_directory": "dbt project",
  "dbt_task.warehouse_id": "warehouse",
  "notebook_task.warehouse_id": "warehouse",
  "pipeline_task.pipeline_id": "pipeline",
  "pipeline_task.full_refresh": "full refresh",
  "python_wheel_task.entry_point": "entry point",
  "python_wheel_task.package_name": "package",
  "python_wheel_task.parameters": "parameters",
  "spark_jar_task.main_class_name": "main class",
  "spark_jar_task.parameters": "parameters",
  "spark_python_task.parameters": "parameters",
  "spark_python_task.python_file": "Python file",
  "spark_submit_task.parameters": "parameters",
  "sql_task.alert.alert_id": "SQL alert",
  "sql_task.dashboard.dashboard_id": "SQL dashboard",
  "sql_task.file.path": "SQL file",
  "sql_task.query.query_id": "SQL query",
  "sql_task.warehouse_id": "warehouse",
};

function parameterLine(change: ValueChange, writer: DiffWriter): DiffLine {
  return sidesLine(`parameter ${writer.name(change.name)}`, change, writer.value, writer);
}

function sidesLine(
  label: string,
  sides: Sides,
  show: (text: string) => string,
  { arrow }: DiffWriter,
): DiffLine {
  const { before, after } = windowed(sides);
  const text = [before, after].flatMap((side) => (side === undefined ? [] : [show(side)]));
  const mark = before === undefined ? "added" : after === undefined ? "removed" : "changed";
  return { mark, text: `${label}: ${text.join(` ${arrow} `)}`, below: [] };
}

/** Both values, printable and truncated. */
function windowed({ before, after }: Sides): Sides {
  const [old, now] = [before, after].map((side) =>
    side === undefined ? undefined : printable(side),
  );
  let start = 0;
  if (old !== undefined && now !== undefined && Math.max(old.length, now.length) > MAX_VALUE) {
    let same = 0;
    while (same < old.length && old[same] === now[same]) same++;
    start = Math.max(0, same - LEAD);
  }
  return {
    ...(old !== undefined && { before: cut(old, start) }),
    ...(now !== undefined && { after: cut(now, start) }),
  };
}

/** At most {@link MAX_VALUE} characters, without splitting surrogate pairs. */
function cut(text: string, start: number): string {
  const part = text.slice(start, start + MAX_VALUE);
  const whole = part.replace(/^[\udc00-\udfff]|[\ud800-\udbff]$/g, "");
  return `${start > 0 ? "…" : ""}${whole}${start + MAX_VALUE < text.length ? "…" : ""}`;
}

/** `1 job added, 2 changed`. */
export function summaryOf(counts: Readonly<Record<Change, number>>): string {
  const parts = (["added", "removed", "changed"] as const).filter((change) => counts[change] > 0);
  if (parts.length === 0) return "no changes";
  return parts
    .map((change, at) => {
      const noun = at > 0 ? "" : counts[change] === 1 ? " job" : " jobs";
      return `${counts[change]}${noun} ${change}`;
    })
    .join(", ");
}

/** Environments and the content that they share. */
export interface InEnvironments<T> {
  readonly environments: readonly string[];
  readonly said: T;
}

/** The differences of all environments. Equal differences are listed once. */
export interface DiffReport {
  /** Summaries of environments. */
  readonly heads: readonly InEnvironments<string>[];
  readonly sections: readonly InEnvironments<readonly DiffLine[]>[];
}

export function reportOf(diffs: readonly HierarchyDiff[], writer: DiffWriter): DiffReport {
  const names = new Map(diffs.map((diff) => [diff, nameOf(diff, writer)]));
  const heads = new Map<string, string[]>();
  const byLine = new Map<string, { readonly line: DiffLine; readonly environments: string[] }>();
  for (const [diff, name] of names) {
    append(heads, headOf(diff), name);
    const seen = new Map<string, number>();
    for (const line of linesOf(diff, writer)) {
      const whole = JSON.stringify(line);
      // Truncation may make long names equal.
      const count = seen.get(whole) ?? 0;
      seen.set(whole, count + 1);
      const text = `${count} ${whole}`;
      const known = byLine.get(text);
      if (known === undefined) byLine.set(text, { line, environments: [name] });
      else known.environments.push(name);
    }
  }
  const sections = new Map<string, InEnvironments<DiffLine[]>>();
  for (const { line, environments } of byLine.values()) {
    const key = JSON.stringify(environments);
    const known = sections.get(key);
    if (known === undefined) sections.set(key, { environments, said: [line] });
    else known.said.push(line);
  }
  return {
    heads: [...heads].map(([said, environments]) => ({ environments, said })),
    // Sections of the most environments come first.
    sections: [...sections.values()].sort((a, b) => b.environments.length - a.environments.length),
  };
}

function nameOf({ environment, was }: HierarchyDiff, { name, arrow }: DiffWriter): string {
  return was === undefined ? name(environment) : `${name(was)} ${arrow} ${name(environment)}`;
}

/** The environment with the most changes, for a single drawing. */
export function mostChanged(diffs: readonly HierarchyDiff[]): HierarchyDiff | undefined {
  return [...diffs].sort((a, b) => b.jobs.length - a.jobs.length)[0];
}

function linesOf(diff: HierarchyDiff, writer: DiffWriter): DiffLine[] {
  const note = (text: string): DiffLine => ({ mark: "note", text, below: [] });
  const jobs = diff.jobs.map((job) => {
    const line = jobLine(job, writer);
    // Without details: every job of a new or removed environment is new or removed.
    return diff.change === undefined ? line : { ...line, below: [] };
  });
  return [
    ...jobs,
    ...diff.orphaned.map((job) => note(orphanText(job, writer))),
    ...diff.adopted.map((job) => note(adoptedText(job, writer))),
  ];
}

/** Summary of an environment: `2 jobs changed (of 6)`. */
export function headOf({ change, counts, jobs }: HierarchyDiff): string {
  if (change !== undefined) {
    const count = Math.max(counts.before, counts.after);
    const of = `${count} ${count === 1 ? "job" : "jobs"}`;
    return change === "added" ? `new, with ${of}` : `gone, with ${of}`;
  }
  const of = { added: 0, removed: 0, changed: 0 };
  for (const job of jobs) of[job.change]++;
  return `${summaryOf(of)} (${counts.after} ${counts.after === 1 ? "job" : "jobs"} in all)`;
}
