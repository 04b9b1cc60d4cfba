import { isSettings, type Setting, type Settings } from "@jobstrata/core/model";
import { type MovedTask, movesWithCode, type HandedParameter } from "@jobstrata/core/split";
import { isAlias, isMap, isScalar, type Scalar } from "yaml";
import { apply, type Replacement } from "../check/yaml-edit";
import { NotEditable } from "./not-editable";
import { ended, rawLines, scalarText, shifted } from "./yaml-lines";
import {
  columnOf,
  commentsBefore,
  nodeAt,
  rawAt,
  rawOf,
  type Segment,
  segmentsOf,
  valueOf,
  withRawAt,
  type YamlFile,
} from "./yaml-segments";

/** A task in the file: the map that contains its code. */
export interface TaskText {
  readonly node: unknown;
  readonly segments: readonly Segment[];
  /** Its settings, including merged ones. */
  readonly raw: Settings;
  readonly column: number;
}

/** Finds the text of a task, or of the task repeated by a for-each task. @throws {NotEditable} */
export function taskText(file: YamlFile, item: unknown, isInner: boolean): TaskText {
  const node = isInner ? valueOf(valueOf(item, "for_each_task"), "task") : item;
  if (isAlias(node)) throw new NotEditable("shared-anchor", "the task is an alias of another");
  const segments = segmentsOf(file, node);
  const [first] = segments ?? [];
  const raw = rawOf(file, node);
  if (segments === undefined || first === undefined || !isSettings(raw))
    throw new NotEditable("not-editable", "the task is not written in block style");
  return { node, segments, raw, column: columnOf(file, first.keyStart) };
}

/** The change that makes a task run a job instead of its code. */
export function runJobEdit(
  file: YamlFile,
  { segments, raw, column }: TaskText,
  { task, target, kept, passed }: MovedTask,
): Replacement {
  const { newline } = file;
  const isKept = (name: string): boolean => !movesWithCode(name) || kept.includes(name);
  const indent = " ".repeat(column);
  const [type = ""] = task.types;
  const lines = [`run_job_task:`, `  job_id: \${resources.jobs.${target}.id}`];
  if (passed.size > 0) lines.push("  job_parameters:");
  for (const [name, value] of passed) {
    const text =
      value.kind === "job"
        ? JSON.stringify(`{{job.parameters.${value.name}}}`)
        : passedText(file, segments, raw, value.path);
    lines.push(`    ${scalarText(name)}: ${text}`);
  }
  const runJob = lines.map((line) => indent + line + newline).join("");
  const parts: string[] = [];
  const merge = segments.find(({ name }) => name === "<<");
  // Merged settings can belong to the code.
  if (merge !== undefined) {
    const own = new Set(segments.map(({ name }) => name));
    const merged = Object.entries(raw).filter(([name]) => !own.has(name) && isKept(name));
    if (merged.length > 0) parts.push(rawLines(file, Object.fromEntries(merged), column));
  }
  for (const segment of segments) {
    if (segment.name === type) parts.push(runJob);
    else if (segment.name !== "<<" && isKept(segment.name))
      parts.push(fullText(file, segment, column, parts.length > 0));
  }
  if (!segments.some(({ name }) => name === type)) parts.push(runJob);
  const [first] = segments;
  const last = segments.at(-1);
  return {
    from: first?.keyStart ?? 0,
    to: last?.end ?? 0,
    text: parts.join("").slice(column),
  };
}

/** Lines of a setting, with the comments before it. */
function fullText(file: YamlFile, segment: Segment, column: number, withGap: boolean): string {
  const gap = withGap ? file.text.slice(segment.gapStart, segment.start) : "";
  const body = file.text.slice(segment.keyStart, segment.end);
  return gap + " ".repeat(column) + ended(file, body);
}

/** The parameters that a task passes, as written in its file. */
function passedText(
  file: YamlFile,
  segments: readonly Segment[],
  raw: Setting,
  path: readonly (string | number)[],
): string {
  const [name = "", ...rest] = path;
  const node = nodeAt(segments.find((each) => each.name === name)?.value, rest);
  if (isScalar(node) && node.range && isInline(node)) {
    const text = file.text.slice(node.range[0], node.range[1]);
    if (!text.includes("\n")) return text;
  }
  const value = rawAt(raw, path);
  if (value === undefined || value === null || typeof value === "object")
    throw new NotEditable("not-editable", `${path.join(".")} comes from a variable`);
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

/** The default of a parameter that was a setting, as written in the file. */
export function defaultText(
  file: YamlFile,
  { segments, raw }: TaskText,
  parameter: HandedParameter,
  resolved: string | undefined,
): string {
  if (parameter.path === undefined || parameter.default !== resolved)
    return JSON.stringify(parameter.default);
  return passedText(file, segments, raw, parameter.path);
}

/**
 * The task of the atomic job: its key, and the code's settings as written.
 *
 * @param column where its settings begin
 * @param dash where the `-` before it is
 */
export function atomicTaskLines(
  file: YamlFile,
  text: TaskText,
  {
    taskKey,
    kept,
    parameters,
    environmentKey,
  }: {
    readonly taskKey: string;
    readonly kept: readonly string[];
    readonly parameters: readonly HandedParameter[];
    readonly environmentKey: string | undefined;
  },
  column: number,
  dash: number,
): string {
  const { segments, raw } = text;
  const moves = (name: string): boolean => movesWithCode(name) && !kept.includes(name);
  const blanks = " ".repeat(Math.max(column - dash - 1, 1));
  const inner = dash + 1 + blanks.length;
  const { newline } = file;
  let lines = `${" ".repeat(dash)}-${blanks}task_key: ${scalarText(taskKey)}${newline}`;
  if (environmentKey !== undefined)
    lines += `${" ".repeat(inner)}environment_key: ${scalarText(environmentKey)}${newline}`;
  const merge = segments.find(({ name }) => name === "<<");
  if (merge !== undefined) {
    const own = new Set(segments.map(({ name }) => name));
    const merged = rawOf(file, merge.value);
    const names = isSettings(merged) ? Object.keys(merged) : [];
    const all = Object.fromEntries(
      Object.entries(raw).filter(([name]) => !own.has(name) && moves(name)),
    );
    if (isSettings(merged) && names.every(moves))
      lines += shift(segmentLines(file, merge, text.column), inner - text.column);
    else lines += rawLines(file, all, inner);
  }
  for (const segment of segments) {
    if (segment.name === "<<" || !moves(segment.name)) continue;
    const changed = parameters.filter(({ path }) => path?.[0] === segment.name);
    lines +=
      changed.length === 0
        ? shift(segmentLines(file, segment, text.column), inner - text.column)
        : changedLines(file, text, segment, changed, inner);
  }
  return lines;
}

/** The lines of a setting, with the comments before it. */
function segmentLines(file: YamlFile, segment: Segment, column: number): string {
  const body = file.text.slice(segment.keyStart, segment.end);
  return commentsBefore(file, segment) + " ".repeat(column) + ended(file, body);
}

function shift(lines: string, by: number): string {
  const moved = shifted(lines, by);
  if (moved === undefined)
    throw new NotEditable("not-editable", "lines of the task are indented less than the task");
  return moved;
}

/** A setting whose parameters refer to job parameters now. */
function changedLines(
  file: YamlFile,
  { raw, column }: TaskText,
  segment: Segment,
  parameters: readonly HandedParameter[],
  inner: number,
): string {
  const replacements: Replacement[] = [];
  for (const { name, path = [] } of parameters) {
    const node = nodeAt(segment.value, path.slice(1));
    if (!isScalar(node) || !node.range || !isInline(node)) break;
    const [from, to] = node.range;
    replacements.push({ from, to, text: JSON.stringify(`{{job.parameters.${name}}}`) });
  }
  if (replacements.length === parameters.length) {
    const [start, end] = [segment.keyStart, segment.end];
    const body = apply(
      file.text.slice(start, end),
      replacements.map(({ from, to, text }) => ({ from: from - start, to: to - start, text })),
    );
    const comments = commentsBefore(file, segment);
    return shift(comments + " ".repeat(column) + ended(file, body), inner - column);
  }
  let value: Setting = raw[segment.name] ?? null;
  for (const { name, path = [] } of parameters)
    value = withRawAt(value, path.slice(1), `{{job.parameters.${name}}}`);
  return rawLines(file, { [segment.name]: value }, inner);
}

/** A scalar that is neither shared nor a multi-line text with an indentation. */
const isInline = ({ type, anchor }: Scalar): boolean =>
  anchor === undefined && type !== "BLOCK_LITERAL" && type !== "BLOCK_FOLDED";

/** Anchors in the moved text. */
export function anchorsIn(node: unknown): string[] {
  const own = (node as { anchor?: string } | null)?.anchor;
  const inner = isMap(node)
    ? node.items.flatMap(({ value }) => anchorsIn(value))
    : ((node as { items?: readonly unknown[] } | null)?.items ?? []).flatMap(anchorsIn);
  return own === undefined ? inner : [own, ...inner];
}
