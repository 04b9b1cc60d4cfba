import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { isMap } from "yaml";
import {
  formatLocation,
  isObject,
  JOB_SCHEMA,
  printable,
  type Shape,
  type Setting,
} from "@jobstrata/core/model";
import type { FixedFile } from "../check/fix";
import { parseYaml } from "../check/yaml-edit";
import { pairsOf } from "../yaml-nodes";
import { NotWritten, withSetting } from "./accept-yaml";
import type { Change } from "./compare";
import type { LiveJob } from "./live-job";
import type { DriftJob } from "./report";
import { fieldShape, literal } from "./settings-walk";
import { changeText, isSecret } from "./words";

/** The bundle files with live values written into them. */
interface Accepted {
  readonly files: readonly FixedFile[];
  /** Changes that cannot be written, each with the reason. */
  readonly left: readonly string[];
}

/** Input of {@link acceptLive}. */
interface AcceptContext {
  /** The bundle's own file. */
  readonly file: string;
  readonly target: string;
  readonly jobs: readonly DriftJob[];
  readonly liveJob: (id: string) => LiveJob | undefined;
  /** Keys of the bundle's jobs by live id. */
  readonly keys: ReadonlyMap<string, string>;
  /** Compares the bundle again, with these texts instead of the files on disk, by absolute path. */
  readonly compare: (contents: ReadonlyMap<string, string>) => Promise<readonly DriftJob[]>;
}

/** Writes live values into a bundle's YAML, in memory only. */
export async function acceptLive(context: AcceptContext): Promise<Accepted> {
  const refused = new Map<string, string>();
  const known = namesIn(context.jobs);
  for (;;) {
    const contents = new Map<string, string>();
    const files = new Map<string, FixedFile>();
    const written = new Map<string, { readonly job: DriftJob; readonly change: Change }>();
    for (const job of context.jobs)
      for (const change of job.changes) {
        const id = nameOf(job, change);
        if (refused.has(id)) continue;
        const why = write(context, job, change, contents, files);
        if (why === undefined) written.set(id, { job, change });
        else
          refused.set(id, `${printable(job.key)}: ${changeText(change, () => undefined)}: ${why}`);
      }
    if (written.size === 0) return { files: [], left: [...refused.values()] };
    // A change has no effect if a target overrides it, or a preset sets it.
    const still = namesIn(await context.compare(contents));
    const others = [...still].filter((id) => !known.has(id));
    const broken = new Set(others.flatMap((id) => causesOf(id, [...written.keys()])));
    const without = [...written].filter(([id]) => still.has(id) || broken.has(id));
    if (without.length === 0) return { files: [...files.values()], left: [...refused.values()] };
    for (const [id, { job, change }] of without) {
      const why = still.has(id)
        ? "an override, a preset or a variable of the target sets it"
        : "other settings would change with it";
      refused.set(id, `${printable(job.key)}: ${changeText(change, () => undefined)}: ${why}`);
    }
  }
}

const namesIn = (jobs: readonly DriftJob[]): ReadonlySet<string> =>
  new Set(jobs.flatMap((job) => job.changes.map((change) => nameOf(job, change))));

/**
 * The written changes that may have caused a new difference: those at enclosing or nested settings, else those of the same job,
 * else all.
 */
function causesOf(id: string, written: readonly string[]): readonly string[] {
  const around = written.filter((each) => id.startsWith(`${each}\n`) || each.startsWith(`${id}\n`));
  if (around.length > 0) return around;
  const jobOf = (name: string): string => name.slice(0, name.indexOf("\n"));
  const ofJob = written.filter((each) => jobOf(each) === jobOf(id));
  return ofJob.length > 0 ? ofJob : written;
}

const nameOf = ({ key }: DriftJob, { path }: Change): string => [key, ...path].join("\n");

/** Writes a change into a file's text. @returns why it cannot be written; undefined on success */
function write(
  { file, target, liveJob, keys }: AcceptContext,
  { key, jobId = "", location }: DriftJob,
  change: Change,
  contents: Map<string, string>,
  files: Map<string, FixedFile>,
): string | undefined {
  if (change.kind === "permissions") return "add it to permissions by hand";
  if (isSecret(change)) return "its value is a secret";
  const live = liveJob(jobId);
  const value = valueOf(change, live, keys);
  if (holdsExpression(valueOf(change, live, new Map())))
    return "its live value has ${…}, which a bundle would resolve";
  const inFile = ["resources", "jobs", key];
  const override = placeIn(file, textOf(file, contents), ["targets", target, ...inFile]);
  const base =
    location === undefined || !/\.ya?ml$/i.test(location.file)
      ? undefined
      : placeIn(location.file, textOf(location.file, contents), inFile);
  const places = [override, base].filter((place) => place !== undefined);
  let why = "its job is not in a YAML file of the bundle";
  for (const place of places) {
    const before = textOf(place.file, contents);
    const after = withSetting(before, { ...place, path: change.path, value });
    if (after instanceof NotWritten) {
      why = after.why;
      continue;
    }
    // Add new settings to the job itself, not to the target's override.
    if (place === override && base !== undefined && !hasSetting(before, place, change)) continue;
    contents.set(resolve(place.file), after);
    const { before: first = before, changes = 0 } = files.get(place.file) ?? {};
    files.set(place.file, { file: place.file, before: first, after, changes: changes + 1 });
    return undefined;
  }
  return why;
}

function textOf(file: string, contents: ReadonlyMap<string, string>): string {
  return contents.get(resolve(file)) ?? readFileSync(file, "utf8");
}

interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The position of the map at a path of names. */
function placeIn(file: string, text: string, names: readonly string[]): Place | undefined {
  let node: unknown = parseYaml(text)?.contents;
  let offset: number | undefined;
  for (const name of names) {
    const pair = pairsOf(node).find((each) => each.key.value === name);
    if (pair === undefined) return undefined;
    node = pair.value;
    offset = pair.key.range?.[0];
  }
  if (!isMap(node) || offset === undefined) return undefined;
  const before = text.slice(0, offset).split("\n");
  return { file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** Whether an override contains the setting. */
function hasSetting(text: string, place: Place, { path }: Change): boolean {
  // A missing setting cannot be removed.
  return !(withSetting(text, { ...place, path, value: undefined }) instanceof NotWritten);
}

/** The live value as a bundle would define it. */
function valueOf(
  { path, live: found }: Change,
  job: LiveJob | undefined,
  keys: ReadonlyMap<string, string>,
): Setting | undefined {
  if (found === undefined) return undefined;
  return withReferences(rawAt(job?.settings, path) ?? found, path.at(-1), keys) as Setting;
}

/** Replaces ids of the bundle's jobs with references. */
function withReferences(
  value: unknown,
  name: string | undefined,
  keys: ReadonlyMap<string, string>,
): unknown {
  if (Array.isArray(value)) return value.map((item) => withReferences(item, undefined, keys));
  if (isObject(value))
    return Object.fromEntries(
      Object.entries(value).map(([inner, each]) => [inner, withReferences(each, inner, keys)]),
    );
  const key = name === "job_id" ? keys.get(String(value)) : undefined;
  return key === undefined ? value : `\${resources.jobs.${key}.id}`;
}

function holdsExpression(value: unknown): boolean {
  if (typeof value === "string") return value.includes("${");
  return typeof value === "object" && value !== null && Object.values(value).some(holdsExpression);
}

function rawAt(settings: unknown, path: readonly string[]): unknown {
  let value = settings;
  let shape: Shape | undefined = JOB_SCHEMA;
  for (const name of path) {
    if (Array.isArray(value) && shape?.kind === "list") {
      const { key = "" } = shape;
      value = value.find((item) => isObject(item) && item[key] === name) as unknown;
      shape = shape.of;
      continue;
    }
    if (!isObject(value)) return undefined;
    value = value[name];
    shape = fieldShape(shape, name);
  }
  return value;
}

/** The changes to make by hand in TypeScript, one line per setting. */
export function typescriptChanges(jobs: readonly DriftJob[]): string[] {
  return jobs.flatMap(({ key, location, changes }) =>
    changes.map((change) => {
      const at = location === undefined ? "" : `${formatLocation(location)} `;
      return printable(`${at}${key}: ${propChange(change)}`);
    }),
  );
}

function propChange(change: Change): string {
  const { path, live } = change;
  if (change.kind === "permissions") {
    const [kind = "", ...name] = (path[1] ?? "").split(" ");
    const prop = { group: "groupName", user: "userName" }[kind] ?? "servicePrincipalName";
    const who = name.join(" ").replace(/^principal /, "");
    return live === undefined
      ? `permissions: remove ${prop} ${JSON.stringify(who)}`
      : `permissions: [{ ${prop}: ${JSON.stringify(who)}, level: ${JSON.stringify(live)} }]`;
  }
  const [list, item = "", ...rest] = path;
  const named =
    list === "parameters"
      ? `jobParameters.${item}`
      : ["tasks", "job_clusters", "environments"].includes(list ?? "")
        ? `${rest.map(camelCase).join(".")} of ${list === "tasks" ? "task" : camelCase(list ?? "")} ${JSON.stringify(item)}`
        : path.map(camelCase).join(".");
  const prop = named.replace(/^notebookTask\.baseParameters\./, "parameters.");
  if (isSecret(change)) return `${prop}: its value is a secret`;
  return live === undefined ? `remove ${prop}` : `${prop}: ${literalOf(live)}`;
}

const camelCase = (name: string): string =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

function literalOf(value: Setting): string {
  if (Array.isArray(value)) return `[${(value as readonly Setting[]).map(literalOf).join(", ")}]`;
  // Escape `${`, which Terraform would resolve.
  if (!isObject(value)) return JSON.stringify(value).replaceAll(literal("${"), () => "$${");
  const entries = Object.entries(value).map(
    ([name, each]) =>
      `${/^\w+$/.test(name) ? camelCase(name) : JSON.stringify(name)}: ${literalOf(each)}`,
  );
  return `{ ${entries.join(", ")} }`;
}
