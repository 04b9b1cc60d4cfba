import { posix } from "node:path";
import {
  JOB_LEVEL_TAG,
  JOB_LEVELS,
  type JobLevel,
  type JobRef,
  type JobSpec,
  type TaskSpec,
} from "@jobstrata/core/model";
import { leafTasks } from "@jobstrata/core/model";
import { isSettings, type Setting, type Settings, textAt } from "@jobstrata/core/model";
import { type Code, call, data, importLine, layOut, object, raw, statement, text } from "./code";
import { adoptedFile } from "./adopted";
import type {
  ImportedEnvironment,
  ImportedVariable,
  ImportFramework,
  ImportSource,
  Refusal,
} from "./import-source";
import { CodeFile, rawJobFile, typedJobFile } from "./job-file";
import { className, keyOf, memberName, unique, variableName } from "./names";
import { NotExpressible, planRaw, rawPermissions } from "./raw-job";
import { mapTexts, symbolized } from "./symbolic";
import { escaped, partsOf, type TextPart } from "./texts";
import { NotTyped, planTyped, type TypedJob, type Value } from "./typed-job";

/** What a path of the source is on this machine. */
export interface LocalFile {
  /** From the folder of the project. */
  readonly path: string;
  readonly kind: "notebook" | "file" | "folder";
}

export interface ProjectOptions {
  readonly framework: ImportFramework;
  /** Names of layers by patterns of keys. */
  readonly layerOf?: (key: string) => string | undefined;
  /** The file or folder that a path of the source means; undefined where there is none. */
  readonly localFile: (path: string, task: TaskSpec | undefined) => LocalFile | undefined;
  /** The first deployment takes over the running jobs. @default false */
  readonly adopt?: boolean;
}

/** A job of the project. */
export interface ProjectJob {
  readonly key: string;
  /** The {@link JobSpec.key} that it had. */
  readonly was: string;
  readonly layer: string;
  readonly level: JobLevel;
  readonly file: string;
  /** Why it is a generated `Job`; undefined for one of the three classes. */
  readonly because?: string;
  readonly environments: readonly string[];
}

/** A project, before anybody writes it. */
export interface Project {
  /** Texts by path. */
  readonly files: ReadonlyMap<string, string>;
  readonly jobs: readonly ProjectJob[];
  readonly refusals: readonly Refusal[];
  /** Variables that stand for what the project cannot know, by name: the text of the source. */
  readonly placeholders: ReadonlyMap<string, string>;
  /** Each layer is one stack, not one for each level. */
  readonly singleStack: boolean;
  /** The jobs of an environment, with their texts as Terraform gets them. */
  readonly jobsIn: (environment: string) => readonly PlannedJob[];
}

/** A job of one environment of the project. */
export interface PlannedJob {
  readonly key: string;
  readonly stack: string;
  readonly spec: JobSpec;
  readonly settings: Settings;
  /** The {@link PlannedJob.key} of a job of the source, by its {@link JobSpec.id}. */
  readonly keyOf: (id: string) => string | undefined;
}

interface Job {
  readonly key: string;
  readonly was: string;
  readonly member: string;
  readonly byEnvironment: Map<string, { readonly spec: JobSpec; readonly settings: Settings }>;
  level: JobLevel;
  layer: string;
  typed?: Map<string, TypedJob>;
  because?: string;
}

/** Writes the project of a source: a file for each job, folders by layer, the environments, and what wires them. */
export function writeProject(source: ImportSource, options: ProjectOptions): Project {
  return new ProjectWriter(source, options).project();
}

class ProjectWriter {
  readonly #jobs: Job[] = [];
  /** By environment and {@link JobSpec.id}. */
  readonly #byId = new Map<string, Job>();
  readonly #refusals: Refusal[] = [];
  readonly #placeholders = new Map<string, string>();
  readonly #placeholderNames = new Map<string, string>();
  readonly #externals = new Map<string, { readonly name: string; readonly code: string }>();
  readonly #files = new Map<string, string>();
  readonly #usedVariables = new Set<string>();
  readonly #uploads = new Set<"notebook" | "file" | "folder">();
  /** Variables of the source by their references' paths. */
  readonly #variables: ReadonlySet<string>;
  #singleStack = false;
  #order: readonly Job[] = [];

  readonly #source: ImportSource;
  readonly #options: ProjectOptions;

  public constructor(source: ImportSource, options: ProjectOptions) {
    this.#source = source;
    this.#options = options;

    this.#variables = new Set(
      source.environments.flatMap(({ variables }) => Object.keys(variables)),
    );
  }

  public project(): Project {
    this.#collect();
    this.#level();
    const order = this.#inOrder();
    this.#order = order;
    this.#plan(order);
    this.#layers();
    const environments = this.#environments();
    for (const job of order) this.#writeJob(job);
    this.#files.set("main.ts", this.#main(order));
    this.#files.set("jobs/environments.ts", this.#environmentsFile(environments));
    if (this.#options.adopt === true) {
      this.#files.set("jobs/adopted.ts", adoptedFile(this.#options.framework, this.#adopted()));
    }
    if (this.#externals.size > 0) this.#files.set("jobs/external.ts", this.#externalFile());
    if (this.#uploads.size > 0)
      this.#files.set("jobs/uploads.ts", uploadsFile(this.#options.framework, this.#uploads));
    return {
      files: this.#files,
      jobs: order.map(({ key, was, layer, level, because, byEnvironment }) => ({
        key,
        was,
        layer,
        level,
        file: fileOf(layer, key),
        ...(because !== undefined && { because }),
        environments: [...byEnvironment.keys()],
      })),
      refusals: this.#refusals,
      placeholders: this.#placeholders,
      singleStack: this.#singleStack,
      jobsIn: (environment) => this.#jobsIn(environment),
    };
  }

  /** In the order in which they are read from the stacks: generated jobs of a stack come first. */
  #jobsIn(environment: string): PlannedJob[] {
    const stackOf = ({ layer, level }: Job): string =>
      `${layer}-${environment}${this.#singleStack ? "" : `-${level}`}`;
    const stacks = new Set<string>();
    for (const job of this.#order) {
      for (const level of ["atomic", "composite", job.level] as const)
        stacks.add(stackOf({ ...job, level }));
    }
    const ranks = new Map([...stacks].map((stack, at) => [stack, at] as const));
    const rankOf = (job: Job): number =>
      2 * (ranks.get(stackOf(job)) ?? 0) + (job.typed === undefined ? 0 : 1);
    const jobs = [...this.#order].sort((a, b) => rankOf(a) - rankOf(b));
    return jobs.flatMap((job): PlannedJob[] => {
      const own = job.byEnvironment.get(environment);
      if (own === undefined) return [];
      const stack = stackOf(job);
      const settings = mapTexts(own.settings, (each) =>
        this.#terraform(each, environment),
      ) as Settings;
      const keyOf = (id: string): string | undefined => this.#byId.get(idIn(environment, id))?.key;
      return [{ key: job.key, stack, spec: own.spec, settings, keyOf }];
    });
  }

  /** A text as Terraform gets it in an environment. */
  #terraform(written: string, environment: string): string {
    const isJob = /^\$\{resources\.jobs\.[^.[\]}]+\.id\}$/.test(written);
    if (isJob) return written;
    return this.#text(written, undefined, environment)
      .map((part) =>
        "variable" in part ? `\${var.${part.variable}}` : "terraform" in part ? part.terraform : "",
      )
      .join("");
  }

  /** Finds the jobs of all environments, each once. */
  #collect(): void {
    const taken = new Set<string>();
    const members = new Set<string>();
    const known = new Map<string, Job>();
    for (const environment of this.#source.environments) {
      const keys = new Map<string, number>();
      for (const { key } of environment.graph.jobs) keys.set(key, (keys.get(key) ?? 0) + 1);
      for (const spec of environment.graph.jobs) {
        const identity = (keys.get(spec.key) ?? 0) > 1 ? spec.id : spec.key;
        let job = known.get(identity);
        if (job === undefined) {
          const key = freeKey(keyOf(spec.key), taken);
          job = {
            key,
            was: spec.key,
            member: unique(memberName(key), members, ""),
            byEnvironment: new Map(),
            level: "atomic",
            layer: "",
          };
          known.set(identity, job);
          this.#jobs.push(job);
        }
        this.#byId.set(idIn(environment.name, spec.id), job);
        job.byEnvironment.set(environment.name, {
          spec,
          settings: this.#settings(environment, spec),
        });
        for (const { id } of spec.duplicates)
          this.#refuse(job, environment.name, "key", `is used a second time, by ${id}`, spec);
        if (spec.repeated)
          this.#refuse(job, environment.name, "for_each", "makes several jobs of one", spec);
      }
    }
  }

  #settings(environment: ImportedEnvironment, spec: JobSpec): Settings {
    const symbolic = environment.symbolic?.get(spec.key);
    if (symbolic === undefined) return spec.settings;
    return symbolized(spec.settings, symbolic, (each) => this.#meaning(each, environment));
  }

  /** What a text with references means in an environment. */
  #meaning(written: string, environment: ImportedEnvironment): string {
    return partsOf(written, true)
      .map((part) => {
        if (part.kind !== "reference") return part.text;
        if (isTarget(part.path)) return environment.name;
        const value = environment.variables[variablePath(part.path) ?? ""]?.default;
        return value === undefined ? part.text : String(value);
      })
      .join("");
  }

  /** Which of the three levels each job has, and its layer. */
  #level(): void {
    const depths = new Map<Job, number>();
    const depthOf = (job: Job, above: readonly Job[]): number => {
      const known = depths.get(job);
      if (known !== undefined) return known;
      if (above.includes(job)) return 0;
      const below = this.#runs(job).map((each) => depthOf(each, [...above, job]));
      const runsAny = [...job.byEnvironment.values()].some(({ spec }) =>
        leafTasks(spec).some(({ runJob }) => runJob !== undefined),
      );
      const depth = Math.max(runsAny ? 1 : 0, ...below.map((each) => each + 1));
      depths.set(job, depth);
      return depth;
    };
    for (const job of this.#jobs) {
      const depth = depthOf(job, []);
      const byDepth = depth === 0 ? "atomic" : depth === 1 ? "composite" : "orchestrator";
      const [first] = job.byEnvironment.values();
      const tag = JOB_LEVELS.find((level) => level === first?.spec.tags[JOB_LEVEL_TAG]);
      const isRight = tag !== undefined && (tag === "atomic") === (depth === 0);
      job.level = isRight ? tag : byDepth;
      const layer =
        this.#options.layerOf?.(job.was) ??
        first?.spec.tags.layer ??
        (first && this.#source.layer?.(first.spec)) ??
        this.#source.name;
      job.layer = keyOf(layer.includes("${") ? this.#source.name : layer).toLowerCase();
    }
  }

  /** The jobs that a job runs or refers to, in any environment. */
  #runs(job: Job): Job[] {
    const found = new Set<Job>();
    for (const [environment, { spec, settings }] of job.byEnvironment) {
      for (const { runJob } of leafTasks(spec)) {
        const target =
          runJob?.kind === "job" ? this.#byId.get(idIn(environment, runJob.id)) : undefined;
        if (target !== undefined) found.add(target);
      }
      for (const key of referredJobs(settings)) {
        const target = this.#jobs.find(({ was }) => was === key);
        if (target !== undefined) found.add(target);
      }
    }
    found.delete(job);
    return [...found];
  }

  /** Jobs after those that they run. Layers stay together if possible. */
  #inOrder(): Job[] {
    const result: Job[] = [];
    const done = new Set<Job>();
    const open: Job[] = [];
    const visit = (job: Job): void => {
      if (done.has(job)) return;
      if (open.includes(job)) {
        const circle = open.slice(open.indexOf(job)).map(({ was }) => was);
        const [first] = job.byEnvironment;
        if (first !== undefined)
          this.#refuse(
            job,
            first[0],
            "tasks",
            `lead back to itself: ${[...circle, job.was].join(" -> ")}`,
            first[1].spec,
          );
        return;
      }
      open.push(job);
      for (const each of this.#runs(job)) visit(each);
      open.pop();
      done.add(job);
      result.push(job);
    };
    const ranks = new Map<string, number>();
    for (const { layer } of this.#jobs) if (!ranks.has(layer)) ranks.set(layer, ranks.size);
    const byLayer = [...this.#jobs].sort(
      (a, b) => (ranks.get(a.layer) ?? 0) - (ranks.get(b.layer) ?? 0),
    );
    for (const job of byLayer) visit(job);
    return result;
  }

  /** Plans each job in each environment as one of the three classes, if it is one in all of them. */
  #plan(order: readonly Job[]): void {
    const uses = new Map<string, Set<Job>>();
    for (const job of this.#jobs) {
      for (const { spec } of job.byEnvironment.values()) {
        for (const { notebook } of leafTasks(spec)) {
          if (notebook === undefined) continue;
          const known = uses.get(notebook.identity) ?? new Set();
          uses.set(notebook.identity, known.add(job));
        }
      }
    }
    for (const job of order) {
      const typed = new Map<string, TypedJob>();
      try {
        for (const [environment, { spec, settings }] of job.byEnvironment) {
          const shared = leafTasks(spec).find(
            ({ notebook }) =>
              notebook !== undefined && (uses.get(notebook.identity)?.size ?? 0) > 1,
          );
          if (shared !== undefined)
            throw new NotTyped(`${shared.notebook?.label ?? ""} is a notebook of several jobs`);
          typed.set(
            environment,
            planTyped(spec, settings, {
              level: job.level,
              notebookFile: (task) => this.#notebookFile(task),
              typed: (ref) => this.#typedTarget(environment, ref),
            }),
          );
        }
        if (sameTasks([...typed.values()])) job.typed = typed;
        else job.because = "its tasks differ between environments";
      } catch (error) {
        if (!(error instanceof NotTyped)) throw error;
        job.because = error.message;
      }
    }
  }

  #typedTarget(
    environment: string,
    ref: JobRef,
  ): { readonly parameters: ReadonlySet<string>; readonly level: JobLevel } | undefined {
    const job = ref.kind === "job" ? this.#byId.get(idIn(environment, ref.id)) : undefined;
    if (job?.typed === undefined) return undefined;
    const parameters = job.byEnvironment.get(environment)?.spec.parameters ?? [];
    return { parameters: new Set(parameters.map(({ name }) => name)), level: job.level };
  }

  #notebookFile(task: TaskSpec): string | undefined {
    if (task.notebook?.identity.startsWith("file:") !== true) return undefined;
    const path = task.notebook.identity.slice("file:".length);
    const file = this.#options.localFile(path, task);
    // A state names files of where it was deployed from.
    if (file === undefined && this.#source.kind !== "bundle") return undefined;
    if (file?.kind !== "notebook")
      throw new NotTyped(`${task.notebook.label} is not a notebook file`);
    return file.path;
  }

  /** What each environment says of all of its jobs, taken out of these. */
  #environments(): EnvironmentPlan[] {
    const typed = this.#jobs.filter((job) => job.typed !== undefined);
    const conforms = typed.every((job) =>
      [...(job.typed?.values() ?? [])].every((plan) => conform(plan)),
    );
    const plans = this.#source.environments.map((environment): EnvironmentPlan => {
      const own = typed.flatMap((job) => {
        const plan = job.typed?.get(environment.name);
        return plan === undefined ? [] : [plan];
      });
      const names = this.#jobs.flatMap((job) => {
        const each = job.byEnvironment.get(environment.name);
        return each === undefined ? [] : [textAt(each.settings, "name") ?? "Untitled"];
      });
      return {
        environment,
        prefix: prefixOf(names, environment.name),
        hierarchyTags: conforms,
        shared: sharedProps(own),
        overrides: {},
      };
    });
    for (const job of typed) this.#merge(job, plans);
    return plans;
  }

  /** Splits the props of a job into what it has everywhere, and what an environment has otherwise. */
  #merge(job: Job, plans: readonly EnvironmentPlan[]): void {
    const all = new Map<string, Record<string, Value>>();
    for (const { environment, prefix, hierarchyTags, shared } of plans) {
      const plan = job.typed?.get(environment.name);
      if (plan === undefined) continue;
      const props: Record<string, Value> = { ...plan.props };
      const { name } = props;
      if (typeof name === "string" && name.startsWith(prefix))
        props.name = name.slice(prefix.length);
      for (const key of Object.keys(shared)) Reflect.deleteProperty(props, key);
      splitTags(props, job, hierarchyTags);
      all.set(environment.name, props);
    }
    const { base, overrides } = divide(all);
    for (const [name, values] of Object.entries(overrides)) {
      for (const [environment, value] of Object.entries(values)) {
        const plan = plans.find((each) => each.environment.name === environment);
        if (plan === undefined) continue;
        const own = (plan.overrides[job.key] ??= {});
        own[name] = value;
      }
    }
    const [first] = job.typed?.values() ?? [];
    if (first === undefined) return;
    const plansOfJob = job.typed ?? new Map<string, TypedJob>();
    const notebook = this.#vary(mapValues(plansOfJob, (plan) => plan.notebook));
    const taskKey = this.#vary(mapValues(plansOfJob, (plan) => plan.taskKey));
    const isDefaultKey = typeof taskKey === "string" && taskKey === stemOf(first.notebook);
    job.typed = new Map([
      [
        "",
        {
          level: job.level,
          props: base,
          ...(notebook !== undefined && { notebook }),
          ...(taskKey !== undefined && !isDefaultKey && { taskKey: taskKey as string }),
          tasks: first.tasks.map((task, at) => ({
            ...task,
            ...(task.target && {
              target: this.#target([...plansOfJob.keys()][0] ?? "", task.target) as never,
            }),
            props: this.#varyProps(mapValues(plansOfJob, (plan) => plan.tasks[at]?.props ?? {})),
          })),
        },
      ],
    ]);
  }

  #varyProps(all: ReadonlyMap<string, Readonly<Record<string, Value>>>): Record<string, Value> {
    const names = new Set([...all.values()].flatMap((props) => Object.keys(props)));
    return Object.fromEntries(
      [...names].flatMap((name): [string, Value][] => {
        const value = this.#vary(mapValues(all, (props) => props[name]));
        return value === undefined ? [] : [[name, value]];
      }),
    );
  }

  /** One value, if it is the same everywhere; else what each environment has. */
  #vary(values: ReadonlyMap<string, Value | undefined>): Value | undefined {
    const texts = new Set([...values.values()].map((value) => JSON.stringify(value)));
    if (texts.size <= 1) return [...values.values()][0];
    return { $vary: Object.fromEntries(values) } as unknown as Value;
  }

  /** Layers that need each other become one, as their stacks would have to be deployed before one another. */
  #layers(): void {
    const stackOf = (job: Job): string => `${job.layer} ${job.level}`;
    const edges = new Map<string, Set<string>>();
    for (const job of this.#jobs) {
      for (const target of this.#runs(job)) {
        if (stackOf(target) === stackOf(job)) continue;
        const known = edges.get(stackOf(job)) ?? new Set();
        edges.set(stackOf(job), known.add(stackOf(target)));
      }
    }
    const state = new Map<string, "open" | "done">();
    const isCircular = (stack: string): boolean => {
      if (state.get(stack) === "done") return false;
      if (state.get(stack) === "open") return true;
      state.set(stack, "open");
      const found = [...(edges.get(stack) ?? [])].some(isCircular);
      state.set(stack, "done");
      return found;
    };
    this.#singleStack = [...edges.keys()].some(isCircular);
    if (!this.#singleStack) return;
    const name = keyOf(this.#source.name).toLowerCase();
    for (const job of this.#jobs) job.layer = name;
  }

  #writeJob(job: Job): void {
    const file = this.#codeFile("..", job);
    const [first] = job.byEnvironment.values();
    const input = {
      key: job.key,
      functionName: `add${className(job.member)}`,
      needs: this.#runs(job).map(({ member }) => member),
      comments: first && this.#source.comments?.(first.spec),
    };
    const path = fileOf(job.layer, job.key);
    const plan = job.typed?.get("");
    if (plan !== undefined) {
      this.#files.set(path, typedJobFile(input, plan, file));
      return;
    }
    const configs = new Map<string, Record<string, Value>>();
    const permissions = new Map<string, Value | undefined>();
    for (const [environment, { spec, settings }] of job.byEnvironment) {
      try {
        configs.set(
          environment,
          planRaw(spec, settings, {
            framework: this.#options.framework,
            jobId: (ref, where) => this.#jobId(environment, ref, where),
            file: (each, isNotebook, task, where) => this.#upload(each, isNotebook, task, where),
          }),
        );
        const entries = rawPermissions(settings);
        permissions.set(environment, entries.length === 0 ? undefined : entries);
      } catch (error) {
        if (!(error instanceof NotExpressible)) throw error;
        this.#refuse(job, environment, error.where, error.why, spec);
        return;
      }
    }
    const config = this.#varyProps(configs);
    this.#files.set(path, rawJobFile(input, config, this.#vary(permissions), file));
  }

  #codeFile(up: string, job: Job | undefined): CodeFile {
    return new CodeFile(
      this.#options.framework,
      up,
      (written) => this.#text(written, job),
      (key) => this.#jobs.find((each) => each.key === key)?.member ?? key,
    );
  }

  #text(written: string, job: Job | undefined, environment?: string): TextPart[] {
    const hasReferences = this.#source.kind === "bundle";
    return partsOf(written, hasReferences).map((part): TextPart => {
      if (part.kind === "plain") return { terraform: escaped(part.text) };
      if (part.kind === "secret") return { variable: this.#placeholder(part.text, "secret") };
      const { path } = part;
      if (isTarget(path))
        return environment === undefined
          ? { code: "environment.name" }
          : { terraform: environment };
      const variable = variablePath(path);
      if (variable !== undefined && this.#variables.has(variable)) {
        this.#usedVariables.add(variable);
        return { variable };
      }
      const key = /^resources\.jobs\.([^.[\]]+)\.id$/.exec(path)?.[1];
      const target = this.#jobs.find(({ was }) => was === key);
      if (target !== undefined && target !== job && job !== undefined && environment === undefined)
        return { code: `jobs.${target.member}.id` };
      return { variable: this.#placeholder(part.text, variableName(path)) };
    });
  }

  /** The variable for what the project cannot know. */
  #placeholder(written: string, name: string): string {
    const known = this.#placeholderNames.get(written);
    if (known !== undefined) return known;
    const free = unique(
      name === "" ? "value" : name,
      new Set([...this.#variables, ...this.#placeholders.keys()]),
    );
    this.#placeholderNames.set(written, free);
    this.#placeholders.set(free, written);
    return free;
  }

  #target(environment: string, ref: JobRef): Value {
    const job = ref.kind === "job" ? this.#byId.get(idIn(environment, ref.id)) : undefined;
    if (job !== undefined) return { $job: job.key };
    return { $external: this.#external(ref) };
  }

  #jobId(environment: string, ref: JobRef, where: string): Value {
    if (ref.kind === "foreign")
      throw new NotExpressible(where, `runs a job of environment ${ref.environment}`);
    if (ref.kind === "missing")
      throw new NotExpressible(where, `refers to a job that is not there: ${ref.expression}`);
    return this.#target(environment, ref);
  }

  /** The function that gives an external job. */
  #external(ref: JobRef): string {
    const named = ref.kind === "external" ? ref.name : undefined;
    const id =
      ref.kind === "literal"
        ? ref.jobId
        : ref.kind === "external" || ref.kind === "opaque"
          ? // A workspace knows a job of another environment by its id.
            (ref.jobId ?? /^job (\d+)$/.exec(ref.expression)?.[1])
          : undefined;
    const expression = ref.kind === "job" ? ref.id : "expression" in ref ? ref.expression : "";
    const identity =
      named !== undefined ? `name ${named}` : id !== undefined ? `id ${id}` : expression;
    const known = this.#externals.get(identity);
    if (known !== undefined) return known.name;
    const names = new Set([...this.#externals.values()].map(({ name }) => name));
    const hint =
      named ?? (id === undefined ? expression.replace(/^\$\{(?:var\.)?|\}$/g, "") : `job ${id}`);
    const name = unique(`${memberName(keyOf(hint))}Job`.replace(/JobJob$/, "Job"), names, "");
    const file = this.#codeFile(".", undefined);
    const key = unique(keyOf(hint).toLowerCase(), new Set(this.#jobs.map((job) => job.key)));
    const made =
      named !== undefined
        ? call("fromJobName", raw("stack"), text(key), file.text(named))
        : call(
            "fromJobId",
            raw("stack"),
            text(key),
            id === undefined ? file.text(expression) : text(id),
          );
    const environment = file.usesEnvironment ? "  const { environment } = stack;\n" : "";
    const body = `export function ${name}(stack: JobStack): IJob {
${environment}  const known = stack.node.tryFindChild(${JSON.stringify(key)});
  if (known !== undefined) return known as IJob;
${statement(made, { name: "return", indent: 2 })}}
`;
    this.#externals.set(identity, { name, code: body });
    return name;
  }

  #externalFile(): string {
    const bodies = [...this.#externals.values()].map(({ code }) => code);
    const all = bodies.join("\n");
    const names = ["fromJobId", "fromJobName"].filter((name) => all.includes(`${name}(`));
    const imports = importLine(
      [...names, "type IJob", "type JobStack"],
      `@jobstrata/${this.#options.framework}`,
    );
    return `${imports}
// Jobs that others own, which jobs of this project run.

${all}`;
  }

  /** A file of this machine, uploaded with the deployment. */
  #upload(
    path: string,
    isNotebook: boolean,
    task: TaskSpec | undefined,
    where: string,
  ): Value | undefined {
    const identity = isNotebook ? task?.notebook?.identity : undefined;
    const isFileNotebook = identity?.startsWith("file:") === true;
    if (
      this.#source.folder === undefined ||
      (!isFileNotebook && (path.startsWith("/") || /^(?:\w+:|\$\{)/.test(path)))
    )
      return undefined;
    const named = isFileNotebook ? identity.slice("file:".length) : path;
    const file = this.#options.localFile(named, task);
    if (file !== undefined && (!isNotebook || file.kind === "notebook")) {
      const kind = isNotebook ? "notebook" : file.kind === "folder" ? "folder" : "file";
      this.#uploads.add(kind);
      return { $upload: kind, path: file.path };
    }
    // What the bundle builds, and uploads then.
    if (/\.(?:whl|jar|egg)$/i.test(path) || path.includes("*")) {
      const name = this.#placeholder(path, variableName(`file ${posix.basename(path)}`));
      return { $placeholder: name };
    }
    throw new NotExpressible(
      where,
      file === undefined
        ? `names ${path}, which is not there`
        : `names ${path}, which is not a notebook`,
    );
  }

  #refuse(job: Job, environment: string, where: string, why: string, spec: JobSpec): void {
    const source = spec.source;
    this.#refusals.push({ job: job.was, environment, where, why, ...(source && { source }) });
  }

  /** Ids of the running jobs, by environment and key. */
  #adopted(): Map<string, Map<string, string>> {
    return new Map(
      this.#source.environments.map(({ name, ids = new Map<string, string>() }) => [
        name,
        new Map(
          [...ids].flatMap(([id, deployed]): [string, string][] => {
            const job = this.#byId.get(idIn(name, id));
            return job === undefined ? [] : [[job.key, deployed]];
          }),
        ),
      ]),
    );
  }

  #main(order: readonly Job[]): string {
    const { framework } = this.#options;
    const environments = this.#source.environments.map(({ name }) => name);
    const isNeeded = new Set(order.flatMap((job) => this.#runs(job)));
    const layers = new Map<string, string>();
    const taken = new Set(order.map(({ member }) => member));
    const imports: string[] = [];
    const lines: string[] = [];
    const helpers = new Set<string>();
    let layer = "";
    for (const job of order) {
      let variable = layers.get(job.layer);
      if (variable === undefined) {
        variable = unique(memberName(job.layer), taken, "Layer");
        layers.set(job.layer, variable);
      }
      if (job.layer !== layer) {
        if (lines.length > 0) lines.push("");
        layer = job.layer;
        const name = variable;
        if (!lines.some((line) => line.startsWith(`  const ${name} = new JobLayer`))) {
          const options = object([
            { name: "environment", value: raw("environment") },
            ...(this.#singleStack ? [{ name: "singleStack", value: raw("true") }] : []),
          ]);
          lines.push(
            ...statement(call("new JobLayer", raw("app"), text(job.layer), options), {
              name: `const ${variable}`,
              indent: 2,
            })
              .trimEnd()
              .split("\n"),
          );
        }
      }
      const functionName = `add${className(job.member)}`;
      imports.push(
        `import { ${functionName} } from "./${fileOf(job.layer, job.key).replace(/\.ts$/, "")}";`,
      );
      const isEverywhere = job.byEnvironment.size === environments.length;
      const needs = this.#runs(job).map((each) => {
        const isOptional = each.byEnvironment.size < environments.length;
        if (isOptional) helpers.add("present");
        return {
          name: each.member,
          value: isOptional ? call("present", raw(each.member)) : raw(each.member),
        };
      });
      const stack = `${variable}.${this.#singleStack ? "atomic" : job.level}`;
      let made: Code = call(
        functionName,
        raw(stack),
        ...(needs.length === 0 ? [] : [object(needs)]),
      );
      if (!isEverywhere) {
        helpers.add("onlyIn");
        const names = data([...job.byEnvironment.keys()]);
        made = call("onlyIn", raw("environment"), names, { kind: "arrow", body: made });
      }
      const name = isNeeded.has(job) ? { name: `const ${job.member}`, indent: 2 } : { indent: 2 };
      lines.push(...statement(made, name).trimEnd().split("\n"));
    }
    const adopts = this.#options.adopt === true;
    const locals = ["environments", ...helpers].sort();
    return `import { App, JobLayer } from "@jobstrata/${framework}";
${adopts ? 'import { adopt } from "./jobs/adopted";\n' : ""}import { ${locals.join(", ")} } from "./jobs/environments";
${imports.join("\n")}

const app = new App();

for (const environment of environments) {
${lines.join("\n")}
}

${adopts ? "adopt(app);\n\n" : ""}app.synth();
`;
  }

  #environmentsFile(plans: readonly EnvironmentPlan[]): string {
    const helpers = [...this.#files.entries()].map(([, code]) => code).join("\n");
    const items = plans.map(({ environment, prefix, hierarchyTags, shared, overrides }) => {
      const file = new CodeFile(
        this.#options.framework,
        ".",
        (written) => this.#text(written, undefined, environment.name),
        (key) => key,
        false,
      );
      const jobs = Object.entries(overrides).map(([name, value]) => ({
        name,
        value: file.object(value),
      }));
      const settings = [
        ...(Object.keys(shared).length > 0 ? file.entries(shared) : []),
        ...(jobs.length > 0 ? [{ name: "jobs", value: object(jobs, true) }] : []),
      ];
      // References of the shared settings and the overrides are known once they are written.
      const prefixCode = prefix === "" ? [] : [{ name: "namePrefix", value: file.text(prefix) }];
      const variables = this.#variablesOf(environment);
      const entries = [
        { name: "name", value: text(environment.name) },
        { name: "mode", value: text("imported") },
        ...prefixCode,
        ...(hierarchyTags ? [] : [{ name: "hierarchyTags", value: raw("false") }]),
        ...(variables.length > 0 ? [{ name: "variables", value: object(variables, true) }] : []),
        ...settings,
      ];
      return { code: call("new JobEnvironment", object(entries, true)), imports: file };
    });
    const imports = new CodeFile(this.#options.framework, ".", () => []);
    imports.use("JobEnvironment");
    for (const name of ["JobCompute", "JobTrigger"])
      if (items.some(({ code }) => layOut(code, 2, 2, 1).includes(`${name}.`))) imports.use(name);
    const list = items.map(({ code }) => `  ${layOut(code, 2, 2, 1)},\n`).join("");
    const varies = helpers.includes("inEnvironment(") ? IN_ENVIRONMENT : "";
    const only = helpers.includes("onlyIn(") ? ONLY_IN : "";
    const present = helpers.includes("present(") ? PRESENT : "";
    return `${imports.imports()}
/**
 * The same jobs are made once for each. Mode "imported" adds nothing to what the jobs say; "development" and
 * "production" bring the defaults and demands of the library.
 */
export const environments: readonly JobEnvironment[] = [
${list}];
${varies}${only}${present}`;
  }

  #variablesOf(environment: ImportedEnvironment): { name: string; value: Code }[] {
    const declared = Object.entries(environment.variables).filter(
      ([name, { default: value }]) => value !== undefined || this.#usedVariables.has(name),
    );
    const others = [...this.#placeholders].map(([name, written]): [string, ImportedVariable] => {
      const isSecret = written.startsWith("${sensitive");
      return [
        name,
        isSecret
          ? { description: "A secret of the source, which is not written down", sensitive: true }
          : { description: `What the source has as ${escapedDescription(written)}` },
      ];
    });
    return [...declared, ...others].map(([name, variable]) => {
      const { default: value, description, sensitive } = variable;
      const isShort = description === undefined && sensitive === undefined && value !== undefined;
      return {
        name,
        value: isShort ? data(value) : data({ default: value, description, sensitive }),
      };
    });
  }
}

interface EnvironmentPlan {
  readonly environment: ImportedEnvironment;
  readonly prefix: string;
  readonly hierarchyTags: boolean;
  /** What all jobs of the three classes have alike. */
  readonly shared: Record<string, Value>;
  readonly overrides: Record<string, Record<string, Value>>;
}

const IN_ENVIRONMENT = `
/** The value for an environment. */
export function inEnvironment<T>(
  { name }: JobEnvironment,
  values: Readonly<Record<string, T>>,
): T {
  if (!(name in values)) throw new Error(\`no value for environment \${name}\`);
  return values[name] as T;
}
`;
const ONLY_IN = `
/** What only some environments have. */
export function onlyIn<T>(
  { name }: JobEnvironment,
  names: readonly string[],
  make: () => T,
): T | undefined {
  return names.includes(name) ? make() : undefined;
}
`;
const PRESENT = `
/** What the environment has, where it is needed. */
export function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("not in this environment");
  return value;
}
`;

const fileOf = (layer: string, key: string): string => `jobs/${layer}/${key}.ts`;
const idIn = (environment: string, id: string): string => `${environment}\0${id}`;
const isTarget = (path: string): boolean =>
  path === "bundle.target" || path === "bundle.environment";
const escapedDescription = (written: string): string =>
  written.replaceAll("${", "").replace(/\}$/, "");

/** The variable that a reference is to, in its short or long form. */
function variablePath(path: string): string | undefined {
  return /^(?:var\.([^.[\]]+)|variables\.([^.[\]]+)\.value)$/.exec(path)?.slice(1).find(Boolean);
}

/** A key whose outputs are free, too: `x` and `x_job` have the same. */
function freeKey(key: string, taken: Set<string>): string {
  const base = (each: string): string => `${each.replace(/_job$/, "")}_job`;
  let free = key;
  for (let count = 2; taken.has(base(free)); count++) free = `${key}_${count}`;
  taken.add(base(free));
  return free;
}

/** Keys of jobs whose ids the settings refer to elsewhere than in Run Job tasks. */
function referredJobs(settings: Setting): string[] {
  if (typeof settings === "string")
    return [...settings.matchAll(/\$\{resources\.jobs\.([^.[\]}]+)\.id\}/g)].flatMap(
      ([, key]) => key ?? [],
    );
  if (Array.isArray(settings)) return (settings as readonly Setting[]).flatMap(referredJobs);
  if (!isSettings(settings)) return [];
  return Object.entries(settings).flatMap(([name, value]) =>
    name === "job_id" ? [] : referredJobs(value),
  );
}

/** What stands before all names of an environment, and names it. */
function prefixOf(names: readonly string[], environment: string): string {
  const [first = ""] = names;
  let prefix = "";
  for (const [group] of first.matchAll(/\[[^\]]*\]\s+/gy)) {
    const says =
      group.includes("${bundle.target}") ||
      group.includes("${workspace.current_user") ||
      new RegExp(`\\b${environment.replace(/[^\w-]/g, ".")}\\b`).test(group);
    if (!says || !names.every((name) => name.startsWith(prefix + group))) break;
    prefix += group;
  }
  return names.every((name) => name.length > prefix.length) ? prefix : "";
}

/** Whether the tags of a job are those that its class gives it. */
function conform({ level, props }: TypedJob): boolean {
  const tags = (props.tags ?? {}) as Readonly<Record<string, string>>;
  const orchestrator = level === "atomic" ? undefined : "true";
  return (
    tags[JOB_LEVEL_TAG] === level &&
    tags.orchestrator === orchestrator &&
    tags.layer !== undefined &&
    tags.layer.trim() !== "" &&
    (tags.purpose ?? "").trim() !== ""
  );
}

const OWN_TAGS: ReadonlySet<string> = new Set([JOB_LEVEL_TAG, "orchestrator", "layer", "purpose"]);

/** Takes out of the tags what the class, the stack and props say. */
function splitTags(props: Record<string, Value>, job: Job, hierarchyTags: boolean): void {
  const all = (props.tags ?? {}) as Readonly<Record<string, string>>;
  if (!hierarchyTags) {
    // The class demands a word for it, which is no tag here.
    props.purpose = job.key.replace(/_job$/, "");
    return;
  }
  const { layer = "", purpose = "" } = all;
  const rest = Object.fromEntries(Object.entries(all).filter(([tag]) => !OWN_TAGS.has(tag)));
  delete props.tags;
  if (layer !== job.layer) props.layer = layer;
  props.purpose = purpose;
  if (Object.keys(rest).length > 0) props.tags = rest;
}

/** `runAs` and `permissions`, where all jobs have the same. */
function sharedProps(plans: readonly TypedJob[]): Record<string, Value> {
  const shared: Record<string, Value> = {};
  if (plans.length < 2) return shared;
  for (const name of ["runAs", "permissions"]) {
    const values = plans.map(({ props }) => props[name]);
    const [first] = values;
    if (
      first !== undefined &&
      values.every((value) => JSON.stringify(value) === JSON.stringify(first))
    )
      shared[name] = first;
  }
  return shared;
}

const MAPS: ReadonlySet<string> = new Set(["tags", "jobParameters", "parameters"]);

/** What a job has everywhere, and by prop what each environment adds or replaces. */
function divide(all: ReadonlyMap<string, Readonly<Record<string, Value>>>): {
  readonly base: Record<string, Value>;
  readonly overrides: Record<string, Record<string, Value>>;
} {
  const base: Record<string, Value> = {};
  const overrides: Record<string, Record<string, Value>> = {};
  for (const name of namesIn(all)) {
    const values = mapValues(all, (props) => props[name]);
    const { common, own } = MAPS.has(name) ? divideMaps(values) : divideValues(values);
    if (common !== undefined) base[name] = common;
    if (own.size > 0) overrides[name] = Object.fromEntries(own);
  }
  return { base, overrides };
}

/** What environments have in common, and what an environment has instead or besides. */
interface Divided {
  readonly common: Value | undefined;
  readonly own: ReadonlyMap<string, Value>;
}

function divideValues(values: ReadonlyMap<string, Value | undefined>): Divided {
  const common = commonValue(values);
  const own = new Map<string, Value>();
  for (const [environment, value] of values)
    if (value !== undefined && JSON.stringify(value) !== JSON.stringify(common))
      own.set(environment, value);
  return { common, own };
}

/** Each entry of the maps by itself. */
function divideMaps(values: ReadonlyMap<string, Value | undefined>): Divided {
  const maps = mapValues(values, (value) => (value ?? {}) as Readonly<Record<string, Value>>);
  const common: Record<string, Value> = {};
  const own = new Map<string, Record<string, Value>>();
  for (const name of namesIn(maps)) {
    const entry = divideValues(mapValues(maps, (map) => map[name]));
    if (entry.common !== undefined) common[name] = entry.common;
    for (const [environment, value] of entry.own)
      own.set(environment, { ...own.get(environment), [name]: value });
  }
  return { common: Object.keys(common).length > 0 ? common : undefined, own };
}

const namesIn = (maps: ReadonlyMap<string, Readonly<Record<string, Value>>>): Set<string> =>
  new Set([...maps.values()].flatMap((map) => Object.keys(map)));

/** What most environments have, if all have something: an override cannot take anything away. */
function commonValue(values: ReadonlyMap<string, Value | undefined>): Value | undefined {
  const counts = new Map<string, { readonly value: Value; count: number }>();
  for (const value of values.values()) {
    if (value === undefined) return undefined;
    const key = JSON.stringify(value);
    const known = counts.get(key) ?? { value, count: 0 };
    known.count++;
    counts.set(key, known);
  }
  return [...counts.values()].sort((a, b) => b.count - a.count)[0]?.value;
}

function mapValues<V, W>(map: ReadonlyMap<string, V>, of: (value: V) => W): Map<string, W> {
  return new Map([...map].map(([key, value]) => [key, of(value)]));
}

/** Whether the tasks are the same but for their props. */
function sameTasks(plans: readonly TypedJob[]): boolean {
  const texts = plans.map(({ tasks }) =>
    JSON.stringify(
      tasks.map(({ key, method, target, dependsOn }) => [key, method, target, dependsOn]),
    ),
  );
  return new Set(texts).size <= 1;
}

/** The name of a notebook, by which its task is called unless it says otherwise. */
function stemOf(notebook: Value | undefined): string | undefined {
  if (typeof notebook !== "object" || !("$call" in notebook)) return undefined;
  const [argument] = (notebook as { args: readonly Value[] }).args;
  const path =
    typeof argument === "string"
      ? argument
      : typeof argument === "object" && !Array.isArray(argument)
        ? ((argument as { $file?: string; path?: string }).$file ??
          (argument as { path?: string }).path ??
          "")
        : "";
  return posix.basename(path, posix.extname(path));
}

function uploadsFile(
  framework: ImportFramework,
  kinds: ReadonlySet<"notebook" | "file" | "folder">,
): string {
  const provider = `${framework === "cdktf" ? "@cdktf" : "@cdktn"}/provider-databricks/lib`;
  const hasAssets = kinds.has("notebook") || kinds.has("file");
  const imports = [
    hasAssets &&
      `import { ${kinds.has("notebook") ? "extname, " : ""}posix, relative, resolve, sep } from "node:path";\n`,
    kinds.has("notebook") && `import { Notebook } from "${provider}/notebook";\n`,
    kinds.has("file") && `import { WorkspaceFile } from "${provider}/workspace-file";\n`,
    `import { type JobStack${kinds.has("folder") ? ", WorkspaceFolder" : ""} } from "@jobstrata/${framework}";\n`,
    hasAssets && `import { TerraformAsset } from "${framework}";\n`,
    hasAssets && `import type { IConstruct } from "constructs";\n`,
  ];
  const parts = [
    kinds.has("notebook") && UPLOAD_NOTEBOOK,
    kinds.has("file") && UPLOAD_FILE,
    kinds.has("folder") && UPLOAD_FOLDER,
    hasAssets && UPLOADS,
  ];
  const code = [...parts].filter(Boolean).join("\n");
  return `${imports.filter(Boolean).join("")}
// Files that generated jobs name, uploaded with the deployment of the first stack that asks.

${code}`;
}

const UPLOAD_NOTEBOOK = `/** Uploads a notebook; gives its path in the workspace. */
export function uploadNotebook(stack: JobStack, file: string): string {
  const id = \`notebook \${file}\`;
  const known = stack.node.tryFindChild(id) as Notebook | undefined;
  if (known !== undefined) return known.path;
  const extension = extname(file);
  const path = workspacePath(stack, file.slice(0, -extension.length));
  if (!isFirst(stack, path)) return path;
  const notebook = new Notebook(stack, id, {
    path,
    source: new TerraformAsset(stack, \`source of \${file}\`, {
      path: resolve(file),
    }).path,
    language: LANGUAGES[extension.toLowerCase()] ?? "PYTHON",
    format: extension === ".ipynb" ? "JUPYTER" : "SOURCE",
  });
  return notebook.path;
}

const LANGUAGES: Readonly<Record<string, string>> = {
  ".r": "R",
  ".scala": "SCALA",
  ".sql": "SQL",
};
`;
const UPLOAD_FILE = `/** Uploads a file; gives its path in the workspace. */
export function uploadFile(stack: JobStack, file: string): string {
  const id = \`file \${file}\`;
  const known = stack.node.tryFindChild(id) as WorkspaceFile | undefined;
  if (known !== undefined) return known.path;
  const path = workspacePath(stack, file);
  if (!isFirst(stack, path)) return path;
  return new WorkspaceFile(stack, id, {
    path,
    source: new TerraformAsset(stack, \`source of \${file}\`, {
      path: resolve(file),
    }).path,
  }).path;
}
`;
const UPLOAD_FOLDER = `/** Uploads a folder; gives its path in the workspace. */
export function uploadFolder(stack: JobStack, path: string): string {
  const id = \`folder \${path}\`;
  const known = stack.node.tryFindChild(id) as WorkspaceFolder | undefined;
  return (known ?? new WorkspaceFolder(stack, id, { path })).workspacePath;
}
`;
const UPLOADS = `/** Below the folder of the environment, at the path that it has here. */
function workspacePath(stack: JobStack, file: string): string {
  const path = relative(process.cwd(), resolve(file)).split(sep).join("/");
  return posix.join(
    stack.environment.notebookRoot,
    path.replace(/^(?:\\.\\.\\/)+/, ""),
  );
}

const uploads = new WeakMap<IConstruct, Set<string>>();

/** One stack of an environment uploads a file; the others find it there. */
function isFirst(stack: JobStack, path: string): boolean {
  const paths = uploads.get(stack.node.root) ?? new Set<string>();
  uploads.set(stack.node.root, paths);
  const place = \`\${stack.environment.name} \${path}\`;
  if (paths.has(place)) return false;
  paths.add(place);
  return true;
}
`;
