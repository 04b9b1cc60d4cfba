import { readFileSync } from "node:fs";
import {
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Pair,
  parseDocument,
  visit,
  type YAMLMap,
} from "yaml";

/** YAML comments of a job: its own, those of its fields, and those of its tasks by key. */
export interface YamlComments {
  readonly job: readonly string[];
  readonly fields: Readonly<Record<string, readonly string[]>>;
  readonly tasks: Readonly<Record<string, readonly string[]>>;
}

/** Reads the comments of all jobs in a bundle file, by job key; empty if the file does not exist. */
export function readJobComments(file: string): ReadonlyMap<string, YamlComments> {
  const result = new Map<string, YamlComments>();
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return result;
  }
  if (!text.includes("#")) return result;
  const document = parseDocument(text, { logLevel: "silent", uniqueKeys: false });
  const root = document.contents;
  const resources = isMap(root) ? pairOf(root, "resources") : undefined;
  const jobs = isMap(resources?.value) ? pairOf(resources.value, "jobs") : undefined;
  if (!isMap(jobs?.value)) return result;
  // A comment at the top of a file of jobs belongs to the first job.
  const above = isOnly(root, "resources")
    ? [document.commentBefore, isMap(root) ? root.commentBefore : undefined]
    : [];
  for (const pair of jobs.value.items) {
    const first = pair === jobs.value.items[0];
    const around = first
      ? [...above, ...before(resources), ...before(jobs), jobs.value.commentBefore]
      : [];
    result.set(keyOf(pair), commentsOf(pair, lines(around)));
  }
  return result;
}

function commentsOf(pair: Pair, around: readonly string[]): YamlComments {
  const job = [...around, ...lines(before(pair))];
  const fields: Record<string, string[]> = {};
  const tasks: Record<string, string[]> = {};
  if (!isMap(pair.value)) return { job, fields, tasks };
  job.push(...lines([pair.value.commentBefore]));
  for (const field of pair.value.items) {
    const name = keyOf(field);
    if (name === "tasks" && isSeq(field.value)) {
      job.push(...lines(before(field)));
      for (const item of field.value.items) {
        const key = isMap(item) ? item.get("task_key") : undefined;
        // A comment above the list belongs to its first task.
        const above = item === field.value.items[0] ? [field.value.commentBefore] : [];
        const own = lines([...above, ...all(item)]);
        if (own.length > 0) tasks[String(key)] = [...(tasks[String(key)] ?? []), ...own];
      }
      job.push(...lines([field.value.comment]));
    } else {
      const own = lines([...before(field), ...all(field.value)]);
      if (own.length > 0) fields[name] = [...(fields[name] ?? []), ...own];
    }
  }
  job.push(...lines([pair.value.comment]));
  return { job, fields, tasks };
}

type Comment = string | null | undefined;

function before(pair: Pair | undefined): Comment[] {
  const key = pair?.key;
  return isScalar(key) ? [key.commentBefore, key.comment] : [];
}

/** All comments in a value. */
function all(node: unknown): Comment[] {
  const found: Comment[] = [];
  if (typeof node !== "object" || node === null) return found;
  visit(node as YAMLMap, {
    Pair: () => undefined,
    Node: (_, each) => {
      found.push(each.commentBefore, each.comment);
    },
  });
  return found;
}

function lines(comments: readonly Comment[]): string[] {
  return comments.flatMap((comment) =>
    (comment ?? "").split("\n").flatMap((line) => (line.trim() === "" ? [] : [line.trim()])),
  );
}

function pairOf(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find((pair) => isPair(pair) && keyOf(pair) === key);
}

function isOnly(node: unknown, key: string): boolean {
  return isMap(node) && node.items.length === 1 && keyOf(node.items[0]) === key;
}

const keyOf = (pair: Pair | undefined): string =>
  isScalar(pair?.key) ? String(pair.key.value) : "";
