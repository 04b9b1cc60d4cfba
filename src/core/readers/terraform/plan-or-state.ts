import { resolve } from "node:path";
import { JobstrataError } from "../../errors";
import { environmentPrefix } from "../../model/environment-name";
import { JobGraph } from "../../model/job-graph";
import type { JobRef, JobSpec, NotebookRef } from "../../model/job-spec";
import { isSensitive, SENSITIVE_VALUE, UNKNOWN_VALUE } from "../../model/placeholder";
import { type GitLocation, readJobPayload, readOwner } from "../job-payload";
import { accessControl } from "../job-settings";
import { withLazy } from "../lazy";
import { fileNotebook, gitNotebook, workspaceNotebook, workspacePath } from "../notebook/identity";
import { MAX_JOBS, type Reading } from "../reading";
import { DEFAULT_ENVIRONMENT } from "../cdktf/app";
import { isObject, type Json, objectOf } from "../../model/json";

/** References may lead through modules in and out; more steps than this is a cycle. */
const MAX_STEPS = 50;

/** How a plan or a state is read. */
export interface TerraformOptions {
  /** What stands for a secret value. @default SENSITIVE_VALUE */
  readonly mask?: (secret: string) => string;
}

/**
 * Reads what `terraform show -json` prints of a plan or a state: all jobs of all modules, each instance of `count` and
 * `for_each` by itself. The secrets in it, which that prints, are left out.
 *
 * @param file where it was read from, to show
 * @throws JobstrataError `source` if it is neither a plan nor a state
 */
export function readTerraformJson(
  json: unknown,
  file: string,
  { mask = () => SENSITIVE_VALUE }: TerraformOptions = {},
): Reading {
  const root = objectOf(json);
  const values = objectOf(root.planned_values ?? root.values);
  if (typeof root.format_version !== "string" || (!root.planned_values && !root.values)) {
    throw new JobstrataError(
      "source",
      `${file} is not what "terraform show -json" prints of a plan or a state`,
    );
  }
  const jobs = new Plan(root, objectOf(values.root_module), mask).jobs(file);
  // A plan does not say what it is for; the names of its jobs may.
  const environments = new Set(
    jobs.flatMap(({ name = "" }) => environmentPrefix(name).environment ?? []),
  );
  const [environment = DEFAULT_ENVIRONMENT] = environments.size === 1 ? environments : [];
  return {
    kind: "terraform",
    path: file,
    graphs: [new JobGraph(environment, jobs, undefined, "terraform")],
    problems: [],
    suppressions: [],
  };
}

/**
 * What a plan starts from, as {@link readTerraformJson} reads it: no jobs, if nothing has been deployed yet. Undefined if
 * `json` is not a plan.
 */
export function priorState(json: unknown): object | undefined {
  const root = objectOf(json);
  if (!root.planned_values) return undefined;
  const { values = {} } = objectOf(root.prior_state);
  return {
    format_version: root.format_version,
    values,
    resource_changes: list(root.resource_changes).map(({ address, change }) => ({
      address,
      change: { after_sensitive: objectOf(change).before_sensitive },
    })),
  };
}

interface Resource {
  readonly address: string;
  /** Address of its module, with indexes; empty for the root. */
  readonly module: string;
  readonly type: string;
  readonly name: string;
  /** `["eu"]` or `[0]` of `for_each` and `count`. */
  readonly index: string;
  /** Without secrets. */
  readonly values: Json;
  /** `true` at each place that only the apply knows. */
  readonly unknown: Json;
  /** `true` at each place that holds a secret. */
  readonly sensitive: Json;
}

class Plan {
  readonly #resources: readonly Resource[];
  readonly #jobs: readonly Resource[];
  readonly #jobsByPlace = new Map<string, Resource[]>();
  readonly #jobsById = new Map<string, Resource>();
  readonly #uploads = new Map<string, NotebookRef>();
  readonly #configuration: Json | undefined;
  /** Resources of each module of the configuration, by type and name. */
  readonly #written = new Map<Json | undefined, ReadonlyMap<string, Json>>();

  public constructor(root: Json, rootModule: Json, mask: (secret: string) => string) {
    const changes = new Map<unknown, Json>();
    for (const { address, change } of list(root.resource_changes))
      changes.set(address, objectOf(change));
    this.#resources = [...resourcesOf(rootModule, "", changes, mask)];
    this.#jobs = this.#resources.filter(({ type }) => type === "databricks_job");
    if (this.#jobs.length > MAX_JOBS) {
      throw new JobstrataError(
        "source",
        `there are ${this.#jobs.length} jobs, more than the ${MAX_JOBS} that are judged at once`,
      );
    }
    for (const job of this.#jobs) {
      const place = withoutIndexes(job.address);
      const others = this.#jobsByPlace.get(place);
      if (others === undefined) this.#jobsByPlace.set(place, [job]);
      else others.push(job);
      const { id } = job.values;
      if (typeof id === "string" || typeof id === "number") this.#jobsById.set(String(id), job);
    }
    for (const { type, values } of this.#resources) {
      const { path, source } = values;
      if (type === "databricks_notebook" && typeof path === "string" && typeof source === "string")
        this.#uploads.set(workspacePath(path), fileNotebook(resolve(source)));
    }
    const configuration = objectOf(root.configuration).root_module;
    this.#configuration = configuration === undefined ? undefined : objectOf(configuration);
  }

  public jobs(file: string): JobSpec[] {
    const permitted = new Map<Resource, unknown>();
    for (const resource of this.#resources) {
      if (resource.type !== "databricks_permissions") continue;
      const job = this.#target(resource, "job_id", resource.values.job_id);
      if (job !== undefined) permitted.set(job, resource.values.access_control);
    }
    return this.#jobs.map((job) => {
      const values = objectOf(withoutEmpty(filled(job.values, job.unknown)));
      const references = this.#references(job, values);
      const { payload, settings, mayHold } = readJobPayload(values, {
        notebook: (path, git) => this.#notebook(path, git, job),
        job: (id, runJobTask) => references.get(runJobTask) ?? unfollowed(job, String(id)),
        jobExpression: (id, runJobTask) => written(references.get(runJobTask)) ?? id,
      });
      const owner = readOwner(permitted.get(job));
      const { unknown: after, sensitive } = job;
      const unknown = Object.keys({ ...after, ...sensitive }).filter(
        (key) => after[key] === true || sensitive[key] === true,
      );
      const spec = {
        ...payload,
        id: job.address,
        key: job.name + job.index,
        stack: job.module === "" ? "root" : job.module,
        source: { file },
        duplicates: [],
        hasPermissions: permitted.has(job),
        ...(owner && { owner }),
        repeated: false,
        ...(unknown.length > 0 && { unknown: new Set(unknown.map(apiName)) }),
      };
      return withLazy(spec, {
        settings: () => settings(accessControl(permitted.get(job))),
        mayHold,
      });
    });
  }

  /** Where the Run Job tasks of a job lead, by their blocks; without those that only name an id. */
  #references(job: Resource, values: Json): ReadonlyMap<Json, JobRef> {
    const expressions = this.#expressionsOf(job);
    const found = new Map<Json, JobRef>();
    for (const [at, task] of list(values.task).entries())
      this.#addReferences(job, task, taskExpressions(expressions, task.task_key, at), found);
    return found;
  }

  #addReferences(job: Resource, task: Json, expressions: Json, found: Map<Json, JobRef>): void {
    const [run] = list(task.run_job_task);
    const [writtenRun] = list(expressions.run_job_task);
    const ref = run && this.#reference(job, run.job_id, objectOf(writtenRun?.job_id));
    if (run !== undefined && ref !== undefined) found.set(run, ref);
    const [loop] = list(task.for_each_task);
    const [writtenLoop] = list(expressions.for_each_task);
    const [inner] = list(loop?.task);
    const [writtenInner = {}] = list(writtenLoop?.task);
    if (inner !== undefined) this.#addReferences(job, inner, writtenInner, found);
  }

  /** What a `job_id` leads to; undefined for an id that nothing more is known of. */
  #reference(job: Resource, id: unknown, expression: Json): JobRef | undefined {
    const target = typeof id === "string" || typeof id === "number" ? String(id) : "";
    const known = this.#jobsById.get(target);
    if (known !== undefined) return { kind: "job", id: known.address };
    const end = this.#follow(job, this.#moduleOf(job.module), references(expression), job.module);
    if (typeof end === "object") return { kind: "job", id: end.address };
    if (end !== undefined) {
      const jobId = /^\d+$/.test(target) && { jobId: target };
      const reference = { expression: `\${${end}}`, ...jobId };
      if (end.startsWith("data.")) return { kind: "external", ...reference };
      if (end.startsWith("databricks_job."))
        return { kind: "missing", expression: reference.expression };
      return { kind: "opaque", ...reference };
    }
    if (this.#configuration !== undefined || target === UNKNOWN_VALUE) return undefined;
    const expressionOfState = `\${data.state ${target}}`;
    return { kind: "external", expression: expressionOfState, jobId: target, isFromState: true };
  }

  #target(resource: Resource, attribute: string, value: unknown): Resource | undefined {
    const known = this.#jobsById.get(String(value));
    if (known !== undefined) return known;
    const expression = objectOf(this.#expressionsOf(resource)[attribute]);
    const module = this.#moduleOf(resource.module);
    const end = this.#follow(resource, module, references(expression), resource.module);
    return typeof end === "object" ? end : undefined;
  }

  /**
   * Where references lead, through outputs and variables of modules.
   *
   * @param module the configuration that they are written in, and `at`, the address of that module
   * @returns a job, an expression that is none, or undefined if nothing is referred to
   */
  #follow(
    from: Resource,
    module: Json | undefined,
    names: readonly string[],
    at: string,
    steps = 0,
  ): Resource | string | undefined {
    const [first] = names;
    if (module === undefined || first === undefined) return undefined;
    if (steps > MAX_STEPS) return first;
    for (const name of names) {
      const job = /^databricks_job\.([\w-]+)/.exec(name)?.[1];
      if (job !== undefined) return this.#instance(from, at, job, name) ?? name;
    }
    const [, call = "", output = ""] =
      /^module\.([\w-]+)(?:\[[^\]]*\])?\.([\w-]+)/.exec(
        names.find((name) => /^module\.[\w-]+(?:\[[^\]]*\])?\./.test(name)) ?? "",
      ) ?? [];
    if (call !== "") {
      const inner = objectOf(objectOf(objectOf(module.module_calls)[call]).module);
      const expression = objectOf(objectOf(objectOf(inner.outputs)[output]).expression);
      const below = `${at === "" ? "" : `${at}.`}module.${call}`;
      return this.#follow(from, inner, references(expression), below, steps + 1) ?? first;
    }
    const variable = /^var\.([\w-]+)/.exec(first)?.[1];
    const parent = /^(?:(.*)\.)?module\.([\w-]+)(?:\[[^\]]*\])?$/.exec(at);
    if (variable !== undefined && parent !== null) {
      const [, above = "", own = ""] = parent;
      const caller = this.#moduleOf(above);
      const given = objectOf(objectOf(objectOf(caller?.module_calls)[own]).expressions);
      const refs = references(objectOf(given[variable]));
      return this.#follow(from, caller, refs, above, steps + 1) ?? first;
    }
    return first;
  }

  /** The instance of a job that a reference means, if only one can be meant. */
  #instance(from: Resource, module: string, job: string, name: string): Resource | undefined {
    const place = [withoutIndexes(module), `databricks_job.${job}`].filter(Boolean).join(".");
    const candidates = this.#jobsByPlace.get(place) ?? [];
    if (candidates.length <= 1) return candidates[0];
    const index = /^databricks_job\.[\w-]+(\[[^\]]*\])/.exec(name)?.[1] ?? from.index;
    const near = candidates.filter((each) => each.index === index);
    const sibling = near.filter((each) => each.module === from.module);
    if (sibling.length === 1) return sibling[0];
    return near.length === 1 ? near[0] : undefined;
  }

  #notebook(path: string, git: GitLocation | undefined, job: Resource): NotebookRef {
    if (git !== undefined) return gitNotebook(git.url, path);
    // Nobody knows whether two of these are the same.
    if (path === UNKNOWN_VALUE) return workspaceNotebook(`\${notebook of ${job.address}}`);
    return this.#uploads.get(workspacePath(path)) ?? workspaceNotebook(path);
  }

  #moduleOf(address: string): Json | undefined {
    let module = this.#configuration;
    for (const [, call = ""] of withoutIndexes(address).matchAll(/module\.([\w-]+)/g))
      module = objectOf(objectOf(objectOf(module?.module_calls)[call]).module);
    return module;
  }

  #expressionsOf({ module, type, name }: Resource): Json {
    const written = this.#moduleOf(module);
    let resources = this.#written.get(written);
    if (resources === undefined) {
      const all = list(written?.resources).reverse();
      resources = new Map(all.map((each) => [`${text(each.type)}.${text(each.name)}`, each]));
      this.#written.set(written, resources);
    }
    return objectOf(resources.get(`${type}.${name}`)?.expressions);
  }
}

/** A `job_id` of which nothing but its value is known. */
function unfollowed(job: Resource, id: string): JobRef {
  if (/^\d+$/.test(id)) return { kind: "literal", jobId: id };
  return { kind: "opaque", expression: id === UNKNOWN_VALUE ? job.address : id };
}

/** A reference as somebody would write it as a `job_id`. */
function written(ref: JobRef | undefined): string | undefined {
  if (ref === undefined) return undefined;
  if (ref.kind === "job") return `\${${ref.id}.id}`;
  if (ref.kind === "literal" || (ref.kind === "external" && ref.isFromState === true))
    return ref.jobId;
  return ref.expression;
}

function* resourcesOf(
  module: Json,
  address: string,
  changes: ReadonlyMap<unknown, Json>,
  mask: (secret: string) => string,
): Iterable<Resource> {
  for (const resource of list(module.resources)) {
    if (resource.mode !== "managed") continue;
    const own = text(resource.address);
    const change = changes.get(resource.address);
    const sensitive = [objectOf(resource.sensitive_values), objectOf(change?.after_sensitive)];
    const values = sensitive.reduce<unknown>(
      (all, each) => masked(all, each, mask),
      resource.values,
    );
    yield {
      address: own,
      module: address,
      type: text(resource.type),
      name: text(resource.name),
      index: resource.index === undefined ? "" : `[${JSON.stringify(resource.index)}]`,
      values: objectOf(values),
      unknown: objectOf(change?.after_unknown),
      sensitive: Object.assign({}, ...sensitive) as Json,
    };
  }
  for (const child of list(module.child_modules))
    yield* resourcesOf(child, text(child.address), changes, mask);
}

/** The expressions of a task: by its key if that is a literal, else by its position. */
function taskExpressions(expressions: Json, key: unknown, at: number): Json {
  const tasks = list(expressions.task);
  const named = tasks.find((task) => objectOf(task.task_key).constant_value === key);
  return named ?? tasks[at] ?? {};
}

/** `values` with {@link UNKNOWN_VALUE} at each place where `unknown` is true. */
function filled(values: unknown, unknown: unknown): unknown {
  if (unknown === true) return UNKNOWN_VALUE;
  if (Array.isArray(unknown)) {
    const items = Array.isArray(values) ? (values as unknown[]) : [];
    const length = Math.max(items.length, unknown.length);
    return Array.from({ length }, (_, at) => filled(items[at], (unknown as unknown[])[at]));
  }
  if (typeof unknown !== "object" || unknown === null) return values;
  const result: Record<string, unknown> = { ...objectOf(values) };
  for (const [key, value] of Object.entries(unknown)) {
    const all = filled(result[key], value);
    if (all !== undefined) result[key] = all;
  }
  return result;
}

/** `values` with what `mask` makes of each secret: of every value at and below a place where `sensitive` is true. */
function masked(values: unknown, sensitive: unknown, mask: (secret: string) => string): unknown {
  const at = (key: string | number): unknown =>
    sensitive === true || (sensitive as Json | undefined)?.[key];
  if (sensitive === undefined || sensitive === false || sensitive === null) return values;
  if (Array.isArray(values))
    return (values as unknown[]).map((item, key) => masked(item, at(key), mask));
  if (isObject(values)) {
    const entries = Object.entries(values);
    return Object.fromEntries(entries.map(([key, value]) => [key, masked(value, at(key), mask)]));
  }
  if (sensitive !== true || values === undefined || values === null || values === "") return values;
  // Nothing is hidden twice, so that equal secrets stay equal.
  const secret = typeof values === "string" ? values : JSON.stringify(values);
  return isSensitive(secret) ? secret : mask(secret);
}

/** Of parameters and conditions. */
const MAY_BE_EMPTY = ["default", "left", "right", "value"];

/** Without the empty text that states have for what is not set. Blocks are lists; maps belong to the user. */
function withoutEmpty(block: unknown): unknown {
  return Object.fromEntries(
    Object.entries(objectOf(block)).flatMap(([key, value]) => {
      if (value === "" && !MAY_BE_EMPTY.includes(key)) return [];
      if (!Array.isArray(value)) return [[key, value]];
      const items: unknown[] = value;
      return [[key, items.map((item) => (isObject(item) ? withoutEmpty(item) : item))]];
    }),
  );
}

/** `task` is `tasks` in the Jobs API. */
function apiName(attribute: string): string {
  return ["task", "environment", "parameter", "job_cluster"].includes(attribute)
    ? `${attribute}s`
    : attribute;
}

const withoutIndexes = (address: string): string => address.replace(/\[(?:"[^"]*"|\d+)\]/g, "");

function references(expression: Json): string[] {
  const { references: names } = expression;
  return Array.isArray(names) ? names.filter((name) => typeof name === "string") : [];
}

const list = (value: unknown): Json[] => (Array.isArray(value) ? value.map(objectOf) : []);
const text = (value: unknown): string => (typeof value === "string" ? value : "");
