import type { JobRef } from "../../model/job-spec";
import { type Json, objectOf } from "../../model/json";
import { UNKNOWN_VALUE } from "../../model/placeholder";
import { list, type Resource, text } from "./resources";
import { append } from "../../model/collections";

/** Maximum steps of a reference through modules; more is a cycle. */
const MAX_STEPS = 50;

/** Resolves job ids with a plan's configuration, which a state lacks. */
export class References {
  readonly #configuration: Json | undefined;
  readonly #jobsByPlace = new Map<string, Resource[]>();
  readonly #jobsById = new Map<string, Resource>();
  /** Resources by module configuration, type and name. */
  readonly #written = new Map<Json | undefined, ReadonlyMap<string, Json>>();

  /** @param configuration root module of the configuration */
  public constructor(configuration: Json | undefined, jobs: readonly Resource[]) {
    this.#configuration = configuration;
    for (const job of jobs) {
      append(this.#jobsByPlace, withoutIndexes(job.address), job);
      const { id } = job.values;
      if (typeof id === "string" || typeof id === "number") this.#jobsById.set(String(id), job);
    }
  }

  /** Targets of a job's Run Job tasks by block, except tasks with a plain id. */
  public ofTasks(job: Resource, values: Json): ReadonlyMap<Json, JobRef> {
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

  /** The target of a `job_id`; undefined if only the id is known. */
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

  public target(resource: Resource, attribute: string, value: unknown): Resource | undefined {
    const known = this.#jobsById.get(String(value));
    if (known !== undefined) return known;
    const expression = objectOf(this.#expressionsOf(resource)[attribute]);
    const module = this.#moduleOf(resource.module);
    const end = this.#follow(resource, module, references(expression), resource.module);
    return typeof end === "object" ? end : undefined;
  }

  /**
   * Follows references through outputs and variables of modules.
   *
   * @param module configuration of the module that contains the references; `at` is its address
   * @returns a job, an expression that is not a job, or undefined without a reference
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

  /** The instance of a job that a reference means, if it is unambiguous. */
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

/** The expressions of a task, by key if it is a literal, otherwise by position. */
function taskExpressions(expressions: Json, key: unknown, at: number): Json {
  const tasks = list(expressions.task);
  const named = tasks.find((task) => objectOf(task.task_key).constant_value === key);
  return named ?? tasks[at] ?? {};
}

const withoutIndexes = (address: string): string => address.replace(/\[(?:"[^"]*"|\d+)\]/g, "");

function references(expression: Json): string[] {
  const { references: names } = expression;
  return Array.isArray(names) ? names.filter((name) => typeof name === "string") : [];
}
