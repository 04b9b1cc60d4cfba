import { posix } from "node:path";
import { stringify } from "yaml";
import type { JobGraph } from "@jobstrata/core/model";
import { JOB_SCHEMA, type Shape } from "@jobstrata/core/model";
import type { JobRef, JobSpec, TaskSpec } from "@jobstrata/core/model";
import { canonical, isSettings, type Setting, type Settings, textAt } from "@jobstrata/core/model";
import type { ImportedVariable, Refusal } from "./import-source";
import { keyOf } from "./names";
import { NotExpressible } from "./raw-job";

/** One environment of what is exported. */
export interface ExportedEnvironment {
  readonly name: string;
  readonly graph: JobGraph;
  readonly variables: Readonly<Record<string, ImportedVariable>>;
  /** A text of the source in the words of a bundle; throws {@link NotExpressible} where there are none. */
  readonly text: (text: string, where: string) => string;
  /** The name that an external job is looked up by, or its id. */
  readonly external: (
    ref: JobRef,
  ) => { readonly name: string } | { readonly id: string } | undefined;
}

export interface BundleInput {
  readonly name: string;
  readonly environments: readonly ExportedEnvironment[];
  /**
   * The path, from the folder of the bundle, of a file that a path of the source means.
   *
   * @param isFile the path is one of this machine for certain
   */
  readonly localFile: (path: string, isFile: boolean) => string | undefined;
}

export interface ExportedBundle {
  /** Texts by path. */
  readonly files: ReadonlyMap<string, string>;
  readonly refusals: readonly Refusal[];
  readonly jobs: number;
}

/** Writes a bundle of the jobs of all environments: a target for each, a file for each job, folders by layer. */
export function writeBundle(input: BundleInput): ExportedBundle {
  return new BundleWriter(input).bundle();
}

/** A value of YAML. */
type Yaml = Setting | undefined;
interface Exported {
  readonly layer: string;
  readonly byEnvironment: Map<string, Settings>;
}

class BundleWriter {
  readonly #refusals: Refusal[] = [];
  readonly #jobs = new Map<string, Exported>();
  /** Variables that look jobs up, by the names of these. */
  readonly #lookups = new Map<string, string>();

  readonly #input: BundleInput;

  public constructor(input: BundleInput) {
    this.#input = input;
  }

  public bundle(): ExportedBundle {
    for (const environment of this.#input.environments) this.#read(environment);
    const files = new Map<string, string>();
    const targets: Record<string, Record<string, Yaml>> = {};
    for (const { name } of this.#input.environments) targets[name] = {};
    const [first] = this.#input.environments;
    const own = first && targets[first.name];
    if (own !== undefined) own.default = true;
    this.#writeVariables(targets);
    const overrides = new Map<string, Record<string, Yaml>>();
    const runAs = new Set(
      this.#input.environments.flatMap(({ name }) =>
        this.#runAs(name) === undefined ? [] : [name],
      ),
    );
    for (const { byEnvironment } of this.#jobs.values()) {
      for (const [environment, settings] of byEnvironment) {
        if (!runAs.has(environment)) continue;
        const { run_as: same, ...rest } = settings;
        this.#shared.set(environment, same);
        byEnvironment.set(environment, rest);
      }
    }
    for (const [key, { layer, byEnvironment }] of this.#jobs) {
      const isEverywhere = byEnvironment.size === this.#input.environments.length;
      const { base, others } = isEverywhere
        ? divided(withTargets(byEnvironment))
        : { base: undefined, others: byEnvironment as ReadonlyMap<string, Yaml> };
      if (base !== undefined) {
        const text = stringify(
          { resources: { jobs: { [key]: rebased(base, `resources/${layer}`) } } },
          YAML,
        );
        files.set(`resources/${layer}/${key}.yml`, text);
      }
      for (const [environment, value] of others) {
        if (value === undefined) continue;
        const jobs = overrides.get(environment) ?? {};
        overrides.set(environment, jobs);
        jobs[key] = rebased(value, "");
      }
    }
    for (const [environment, jobs] of overrides) {
      const target = targets[environment];
      if (target !== undefined) target.resources = { jobs: jobs as Settings };
    }
    for (const { name } of this.#input.environments) {
      const same = this.#shared.get(name);
      const target = targets[name];
      if (same !== undefined && target !== undefined) target.run_as = same;
    }
    const outside = [...this.#outside].sort();
    const root = {
      bundle: { name: this.#input.name },
      ...(outside.length > 0 && { sync: { paths: [".", ...outside] } }),
      ...(files.size > 0 && { include: ["resources/*/*.yml"] }),
      ...this.#variables,
      targets,
    };
    files.set("databricks.yml", stringify(root, YAML));
    return { files, refusals: this.#refusals, jobs: this.#jobs.size };
  }

  /** Folders outside of the bundle whose files it uploads. */
  readonly #outside = new Set<string>();

  /** Who all jobs of an environment run as. */
  readonly #shared = new Map<string, Setting | undefined>();

  /** Who all jobs of an environment run as, if they run as one. */
  #runAs(environment: string): Setting | undefined {
    const jobs = [...this.#jobs.values()].flatMap(({ byEnvironment }): Settings[] => {
      const settings = byEnvironment.get(environment);
      return settings === undefined ? [] : [settings];
    });
    const [first] = jobs;
    const same = first?.run_as;
    return same !== undefined &&
      jobs.every(({ run_as: each }) => canonical(each) === canonical(same))
      ? same
      : undefined;
  }

  #variables: { variables?: Record<string, unknown> } = {};

  #writeVariables(targets: Record<string, Record<string, Yaml>>): void {
    const all = this.#input.environments;
    const names = new Set(all.flatMap(({ variables }) => Object.keys(variables)));
    const variables: Record<string, unknown> = {};
    for (const name of names) {
      const values = all.map(({ variables: own }) => own[name]?.default);
      const [common] = values;
      const isCommon = common !== undefined && values.every((value) => value === common);
      const description = all.map(({ variables: own }) => own[name]?.description).find(Boolean);
      variables[name] = {
        ...(description !== undefined && { description }),
        ...(isCommon && { default: common }),
      };
      if (isCommon) continue;
      for (const [at, { name: target }] of all.entries()) {
        const value = values[at];
        const settings = targets[target];
        if (value === undefined || settings === undefined) continue;
        settings.variables = { ...(settings.variables as Settings | undefined), [name]: value };
      }
    }
    for (const [job, name] of this.#lookups) variables[name] = { lookup: { job } };
    if (Object.keys(variables).length > 0) this.#variables = { variables };
  }

  #read(environment: ExportedEnvironment): void {
    const seen = new Set<string>();
    for (const job of environment.graph.jobs) {
      try {
        if (seen.has(job.key)) throw new NotExpressible("key", "is the key of two jobs");
        if (job.repeated) throw new NotExpressible("for_each", "makes several jobs of one");
        seen.add(job.key);
        const known = this.#jobs.get(job.key);
        const layer = known?.layer ?? keyOf(job.tags.layer ?? this.#input.name).toLowerCase();
        const lookup = (name: string): string => this.#lookup(name);
        const writer = new JobWriter(job, environment, this.#input, lookup, this.#outside);
        const settings = writer.settings();
        const exported = known ?? { layer, byEnvironment: new Map<string, Settings>() };
        exported.byEnvironment.set(environment.name, settings);
        this.#jobs.set(job.key, exported);
      } catch (error) {
        if (!(error instanceof NotExpressible)) throw error;
        this.#refusals.push({
          job: job.key,
          environment: environment.name,
          where: error.where,
          why: error.why,
          ...(job.source && { source: job.source }),
        });
      }
    }
  }

  /** The variable that looks a job up. */
  #lookup(job: string): string {
    const known = this.#lookups.get(job);
    if (known !== undefined) return known;
    const declared = new Set(
      this.#input.environments.flatMap(({ variables }) => Object.keys(variables)),
    );
    let name = `${keyOf(job).toLowerCase()}_job_id`;
    while (declared.has(name) || [...this.#lookups.values()].includes(name)) name += "_2";
    this.#lookups.set(job, name);
    return name;
  }
}

const YAML = { lineWidth: 0, aliasDuplicateObjects: false } as const;

/** Settings that only Terraform's provider has. */
const ONLY_TERRAFORM = new Set(["always_running", "control_run_state", "dynamic"]);

class JobWriter {
  readonly #keys: ReadonlyMap<string, string>;
  readonly #isGit: boolean;

  readonly #job: JobSpec;
  readonly #environment: ExportedEnvironment;
  readonly #input: BundleInput;
  readonly #lookup: (job: string) => string;
  readonly #outside: Set<string>;

  public constructor(
    job: JobSpec,
    environment: ExportedEnvironment,
    input: BundleInput,
    lookup: (job: string) => string,
    outside: Set<string>,
  ) {
    this.#job = job;
    this.#environment = environment;
    this.#input = input;
    this.#lookup = lookup;
    this.#outside = outside;

    this.#keys = new Map(environment.graph.jobs.map(({ id, key }) => [id, key]));
    this.#isGit = job.settings.git_source !== undefined;
  }

  public settings(): Settings {
    const { access_control_list: entries, ...rest } = this.#job.settings;
    const result: Record<string, Setting> = {};
    for (const [name, value] of Object.entries(rest)) {
      if (ONLY_TERRAFORM.has(name))
        throw new NotExpressible(name, "is of Terraform's provider alone");
      result[name] = this.#value(value, JOB_SCHEMA.fields[name], name, rest, undefined);
    }
    if (entries !== undefined) result.permissions = this.#permissions(entries);
    return result;
  }

  #permissions(entries: Setting): Setting {
    return list(entries).map((entry) => {
      const { permission_level: level = "", ...who } = isSettings(entry) ? entry : {};
      return { level, ...(this.#value(who, undefined, "permissions", {}, undefined) as Settings) };
    });
  }

  #value(
    value: Setting,
    shape: Shape | undefined,
    where: string,
    part: Settings,
    task: TaskSpec | undefined,
  ): Setting {
    if (typeof value === "string") return this.#text(value, shape, where, part, task);
    if (Array.isArray(value)) {
      return list(value).map((item) => {
        const isTask = where === "tasks" && isSettings(item);
        const spec = isTask
          ? this.#job.tasks.find(({ taskKey }) => taskKey === item.task_key)
          : task;
        const at =
          isSettings(item) && shape?.kind === "list" && shape.key !== undefined
            ? `${where}[${textAt(item, shape.key) ?? ""}]`
            : where;
        if (shape?.kind === "list") return this.#value(item, shape.of, at, part, spec);
        const isPath = shape?.kind === "strings" && shape.isPath === true;
        return isPath && typeof item === "string" && /\/|^\./.test(item)
          ? this.#path(item, where, task)
          : this.#value(item, undefined, at, part, spec);
      });
    }
    if (!isSettings(value)) return value;
    const inner = where.endsWith("for_each_task.task") ? task?.forEach : task;
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => {
        const field = shape?.kind === "object" ? shape.fields[name] : undefined;
        const path = `${where}.${name}`;
        if (field?.kind === "string" && field.isJobId === true)
          return [name, this.#jobId(inner?.runJob, path)];
        const key = shape?.kind === "map" ? this.#environment.text(name, where) : name;
        return [key, this.#value(each, field, path, value, inner)];
      }),
    );
  }

  #text(
    value: string,
    shape: Shape | undefined,
    where: string,
    part: Settings,
    task: TaskSpec | undefined,
  ): Setting {
    const isOfGit = part.source === "GIT" || (this.#isGit && part.source !== "WORKSPACE");
    if (shape?.kind === "string" && shape.isPath === true && !isOfGit)
      return this.#path(value, where, task);
    return this.#environment.text(value, where);
  }

  /** A file of this machine relative to the file of the job, anything else as it is. */
  #path(value: string, where: string, task: TaskSpec | undefined): string {
    const notebook = where.endsWith("notebook_path") ? task?.notebook?.identity : undefined;
    const isFile = notebook?.startsWith("file:") === true;
    const named = isFile ? notebook.slice("file:".length) : value;
    const file = this.#input.localFile(
      isFile ? named : this.#environment.text(value, where),
      isFile,
    );
    if (file === undefined) {
      if (isFile)
        throw new NotExpressible(
          where,
          `names ${named}, which is outside of the bundle or not there`,
        );
      return this.#environment.text(value, where);
    }
    if (file.startsWith("../")) this.#outside.add(posix.dirname(file));
    return PATH + file;
  }

  #jobId(ref: JobRef | undefined, where: string): Setting {
    if (ref?.kind === "job") return `\${resources.jobs.${this.#keys.get(ref.id) ?? ""}.id}`;
    if (ref?.kind === "literal") return idOf(ref.jobId);
    const external = ref && this.#environment.external(ref);
    if (external === undefined) {
      const expression = ref !== undefined && "expression" in ref ? ref.expression : "nothing";
      const text = this.#environment.text(expression, where);
      if (/^\$\{var\.[\w-]+\}$/.test(text)) return text;
      throw new NotExpressible(where, `is ${expression}, which leads to no job`);
    }
    if ("name" in external) return `\${var.${this.#lookup(external.name)}}`;
    const { id } = external;
    return idOf(id);
  }
}

/** `[${bundle.target}]` for the name of the environment in the names of a job, if all of them have it. */
function withTargets(byEnvironment: ReadonlyMap<string, Settings>): ReadonlyMap<string, Settings> {
  const named = [...byEnvironment].map(([environment, { name }]) =>
    typeof name === "string" ? name.replace(`[${environment}]`, "[${bundle.target}]") : undefined,
  );
  const [first] = named;
  const isAlike = named.every(
    (name) => name !== undefined && name === first && name.includes("${bundle.target}"),
  );
  if (!isAlike || first === undefined) return byEnvironment;
  return new Map(
    [...byEnvironment].map(([environment, settings]) => [
      environment,
      { ...settings, name: first },
    ]),
  );
}

/** Lists whose items the Databricks CLI merges by a key. Environments are not among them. */
const KEYED: Readonly<Record<string, string>> = {
  tasks: "task_key",
  job_clusters: "job_cluster_key",
  parameters: "name",
};

/** What all environments have alike, and what each has beside. */
function divided(values: ReadonlyMap<string, Yaml>): {
  readonly base: Yaml;
  readonly others: ReadonlyMap<string, Yaml>;
} {
  const all = [...values.values()];
  const [first] = all;
  if (first !== undefined && all.every((value) => canonical(value) === canonical(first)))
    return { base: first, others: new Map() };
  if (!all.every(isSettings)) return { base: undefined, others: values };
  const base: Record<string, Setting> = {};
  const others = new Map<string, Record<string, Setting>>();
  const add = (environment: string, name: string, value: Yaml): void => {
    if (value === undefined) return;
    const known = others.get(environment) ?? {};
    known[name] = value;
    others.set(environment, known);
  };
  for (const name of new Set(all.flatMap((value) => Object.keys(value)))) {
    const fields = new Map(
      [...values].map(([environment, value]) => [environment, (value as Settings)[name]] as const),
    );
    const key = KEYED[name];
    const part = key === undefined ? dividedField(fields) : dividedList(fields, key);
    if (part.base !== undefined) base[name] = part.base;
    for (const [environment, value] of part.others) add(environment, name, value);
  }
  return { base, others: others };
}

function dividedField(fields: ReadonlyMap<string, Yaml>): ReturnType<typeof divided> {
  const all = [...fields.values()];
  // A target cannot take away what the bundle says.
  if (all.includes(undefined)) return { base: undefined, others: fields };
  if (all.every(isSettings)) {
    const part = divided(fields);
    const isEmpty = isSettings(part.base) && Object.keys(part.base).length === 0;
    return isEmpty ? { base: undefined, others: fields } : part;
  }
  const [first] = all;
  if (all.every((value) => canonical(value) === canonical(first)))
    return { base: first, others: new Map() };
  // Single values are replaced; lists would be appended to those of the bundle.
  return { base: undefined, others: fields };
}

/** Items that are the same everywhere, and by their keys what targets change in others. */
function dividedList(fields: ReadonlyMap<string, Yaml>, key: string): ReturnType<typeof divided> {
  const lists = new Map(
    [...fields].map(([environment, value]) => [environment, list(value ?? [])] as const),
  );
  const keysOf = (items: readonly Setting[]): string[] =>
    items.map((item) => textAt(item, key) ?? "");
  const all = [...lists.values()].map(keysOf);
  const [first = []] = all;
  const isAlike =
    all.every((keys) => keys.join("\0") === first.join("\0")) &&
    new Set(first).size === first.length;
  if (!isAlike || first.length === 0) return { base: undefined, others: fields };
  const base: Setting[] = [];
  const others = new Map<string, Setting[]>();
  for (const [at, name] of first.entries()) {
    const items = new Map(
      [...lists].map(([environment, each]) => [environment, each[at]] as const),
    );
    const part = divided(items);
    base.push(isSettings(part.base) ? { ...part.base, [key]: name } : { [key]: name });
    for (const [environment, value] of part.others) {
      if (!isSettings(value)) continue;
      const known = others.get(environment) ?? [];
      known.push({ [key]: name, ...value });
      others.set(environment, known);
    }
  }
  return { base, others: others };
}

/** Stands before a path from the folder of the bundle, until it is known which file names it. */
const PATH = "\0";

/** Paths as they are from a folder of the bundle. */
function rebased(value: Yaml, folder: string): Yaml {
  if (typeof value === "string") {
    if (!value.startsWith(PATH)) return value;
    const path = posix.relative(folder, value.slice(PATH.length)) || ".";
    return path.startsWith(".") ? path : `./${path}`;
  }
  if (Array.isArray(value)) return list(value).map((each) => rebased(each, folder) ?? null);
  if (!isSettings(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, rebased(each, folder) ?? null]),
  );
}

/** An id as YAML has it best: a number, if that holds it. */
function idOf(id: string): Setting {
  const value: unknown = /^\d{1,15}$/.test(id) ? JSON.parse(id) : id;
  return value as Setting;
}

function list(value: Setting): readonly Setting[] {
  return Array.isArray(value) ? (value as readonly Setting[]) : [value];
}
