import {
  type JobLevel,
  type JobRef,
  type JobSpec,
  leafTasks,
  type Settings,
} from "@jobstrata/core/model";
import type { ImportFramework, ImportSource, Refusal } from "../import-source";
import { NotExpressible } from "../not-expressible";
import { mapTexts } from "../symbolic";
import type { TypedJob } from "../typed/plan";
import type { Value } from "../typed/value";
import { adoptedFile } from "./adopted";
import { CodeFile } from "./code-file";
import { vary, varyProps } from "./divide";
import { type EnvironmentPlan, planEnvironments } from "./environment-plans";
import { environmentsFile } from "./environments-file";
import { ExternalJobs } from "./external-jobs";
import { rawJobFile, typedJobFile } from "./job-file";
import { type JobPlan, planJobs } from "./job-plans";
import { type ImportedJob, ProjectJobs } from "./jobs";
import type { FindLocalFile } from "./local-file";
import { fileOf, functionOf, mainFile } from "./main-file";
import { ProjectTexts } from "./project-texts";
import { planRaw, rawPermissions } from "./raw-job";
import { SharedClusters } from "./shared-clusters";
import { Uploads } from "./uploads";

export interface ProjectOptions {
  readonly framework: ImportFramework;
  /** Layer names by key patterns. */
  readonly layerOf?: (key: string) => string | undefined;
  readonly localFile: FindLocalFile;
  /** Whether the first deployment takes over deployed jobs. @default false */
  readonly adopt?: boolean;
}

/** A job of the project. */
interface ProjectJob {
  readonly key: string;
  /** Its {@link JobSpec.key} in the source. */
  readonly was: string;
  readonly layer: string;
  readonly level: JobLevel;
  readonly file: string;
  /** The reason for a generated `Job`; undefined for a typed job. */
  readonly because?: string;
  readonly environments: readonly string[];
}

/** A project, before it is written. */
export interface Project {
  /** File contents by path. */
  readonly files: ReadonlyMap<string, string>;
  readonly jobs: readonly ProjectJob[];
  readonly refusals: readonly Refusal[];
  /** Variables for values that the project cannot know: source text by variable name. */
  readonly placeholders: ReadonlyMap<string, string>;
  /** Whether each layer is one stack instead of one for each level. */
  readonly singleStack: boolean;
  /** The jobs of an environment, with texts as Terraform receives them. */
  readonly jobsIn: (environment: string) => readonly PlannedJob[];
}

/** A job in one environment of the project. */
export interface PlannedJob {
  readonly key: string;
  readonly stack: string;
  readonly spec: JobSpec;
  readonly settings: Settings;
  /** The {@link PlannedJob.key} of a source job, by its {@link JobSpec.id}. */
  readonly keyOf: (id: string) => string | undefined;
}

/** Plans the project of a source: a file for each job, folders by layer, the environments, and the wiring. */
export function writeProject(source: ImportSource, options: ProjectOptions): Project {
  return new ProjectWriter(source, options).project();
}

/** The job as arguments of the provider's generated class. */
interface RawJobPlan {
  readonly config: Record<string, Value>;
  /** Access controls by environment, where there are any. */
  readonly permissions: ReadonlyMap<string, Value>;
}

class ProjectWriter {
  readonly #source: ImportSource;
  readonly #options: ProjectOptions;
  readonly #jobs: ProjectJobs;
  readonly #texts: ProjectTexts;
  readonly #externals: ExternalJobs;
  readonly #uploads: Uploads;
  readonly #plans: ReadonlyMap<ImportedJob, JobPlan>;

  public constructor(source: ImportSource, options: ProjectOptions) {
    this.#source = source;
    this.#options = options;
    this.#jobs = new ProjectJobs(source, options.layerOf);
    this.#texts = new ProjectTexts(source, this.#jobs);
    this.#plans = planJobs(source, this.#jobs, options.localFile);
    const keys = new Set(this.#jobs.all.map(({ key }) => key));
    this.#externals = new ExternalJobs(options.framework, keys, () => this.#codeFile("."));
    this.#uploads = new Uploads(source, options.localFile, this.#texts);
  }

  public project(): Project {
    const { framework, adopt = false } = this.#options;
    const { refusals, singleStack } = this.#jobs;
    const names = this.#source.environments.map(({ name }) => name);
    const { environments, jobs } = planEnvironments(
      this.#source.environments,
      this.#jobs,
      this.#plans,
      (environment, ref) => this.#target(environment, ref),
    );
    const files = new Map<string, string>();
    const add = (path: string, text: string | undefined): void => {
      if (text !== undefined) files.set(path, text);
    };
    const plans = new Map(
      this.#jobs.order.flatMap((job): [ImportedJob, TypedJob | RawJobPlan][] => {
        const plan = jobs.get(job) ?? this.#rawPlan(job);
        return plan === undefined ? [] : [[job, plan]];
      }),
    );
    this.#jobs.refuseDependents();
    const { order } = this.#jobs;
    this.#leaveOut(plans, environments);
    const clusters = new SharedClusters(framework, this.#texts, [
      ...[...plans.values()].map((plan) => ("level" in plan ? plan.props : plan.config)),
      ...environments.map(({ overrides }) => overrides),
    ]);
    for (const [job, plan] of plans) add(fileOf(job), this.#jobFile(job, plan, clusters));
    add("jobs/clusters.ts", clusters.file());
    add("main.ts", mainFile(framework, this.#jobs, names, adopt));
    const code = [...files.values()].join("\n");
    add(
      "jobs/environments.ts",
      environmentsFile(framework, environments, this.#texts, code, clusters),
    );
    if (adopt)
      add("jobs/adopted.ts", adoptedFile(framework, this.#adopted(), this.#adoptedNotebooks()));
    add("jobs/external.ts", this.#externals.file());
    add("jobs/uploads.ts", this.#uploads.file(framework));
    return {
      files,
      jobs: order.map((job) => this.#projectJob(job)),
      refusals,
      placeholders: this.#texts.placeholders,
      singleStack,
      jobsIn: (environment) => this.#jobsIn(environment),
    };
  }

  /** Leaves out refused jobs. */
  #leaveOut(
    plans: Map<ImportedJob, TypedJob | RawJobPlan>,
    environments: readonly EnvironmentPlan[],
  ): void {
    const kept = new Set(this.#jobs.order);
    for (const job of this.#jobs.all) {
      if (kept.has(job)) continue;
      plans.delete(job);
      for (const { overrides } of environments) Reflect.deleteProperty(overrides, job.key);
    }
  }

  #projectJob(job: ImportedJob): ProjectJob {
    const { key, was, layer, level, byEnvironment } = job;
    const plan = this.#plans.get(job);
    const because = plan !== undefined && "because" in plan ? plan.because : undefined;
    return {
      key,
      was,
      layer,
      level,
      file: fileOf(job),
      ...(because !== undefined && { because }),
      environments: [...byEnvironment.keys()],
    };
  }

  /** In the order in which they are read from stacks: generated jobs of a stack come first. */
  #jobsIn(environment: string): PlannedJob[] {
    const { order, singleStack } = this.#jobs;
    const stackOf = ({ layer }: ImportedJob, level: JobLevel): string =>
      `${layer}-${environment}${singleStack ? "" : `-${level}`}`;
    const stacks = new Set(
      order.flatMap((job) =>
        (["atomic", "composite", job.level] as const).map((level) => stackOf(job, level)),
      ),
    );
    const ranks = new Map([...stacks].map((stack, at) => [stack, at] as const));
    const isTyped = (job: ImportedJob): boolean => !("because" in (this.#plans.get(job) ?? {}));
    const rankOf = (job: ImportedJob): number =>
      2 * (ranks.get(stackOf(job, job.level)) ?? 0) + (isTyped(job) ? 1 : 0);
    const jobs = [...order].sort((a, b) => rankOf(a) - rankOf(b));
    return jobs.flatMap((job): PlannedJob[] => {
      const own = job.byEnvironment.get(environment);
      if (own === undefined) return [];
      const settings = mapTexts(own.settings, (each) =>
        this.#texts.terraform(each, environment),
      ) as Settings;
      const keyOf = (id: string): string | undefined => this.#jobs.withId(environment, id)?.key;
      const stack = stackOf(job, job.level);
      return [{ key: job.key, stack, spec: own.spec, settings, keyOf }];
    });
  }

  #jobFile(job: ImportedJob, plan: TypedJob | RawJobPlan, clusters: SharedClusters): string {
    const file = this.#codeFile("..", job);
    const [first] = job.byEnvironment.values();
    const input = {
      key: job.key,
      functionName: functionOf(job),
      needs: this.#jobs.runs(job).map(({ member }) => member),
      comments: first && this.#source.comments?.(first.spec),
    };
    if ("level" in plan)
      return typedJobFile(input, { ...plan, props: clusters.replace(plan.props) }, file);
    const permissions = {
      value: vary(plan.permissions),
      onlyIn:
        plan.permissions.size < job.byEnvironment.size ? [...plan.permissions.keys()] : undefined,
    };
    return rawJobFile(input, clusters.replace(plan.config), permissions, file);
  }

  /** The arguments of the provider's generated class; undefined if it cannot express the job, which is then refused. */
  #rawPlan(job: ImportedJob): RawJobPlan | undefined {
    const configs = new Map<string, Record<string, Value>>();
    const permissions = new Map<string, Value>();
    for (const [environment, { spec, settings }] of job.byEnvironment) {
      try {
        configs.set(
          environment,
          planRaw(spec, settings, {
            framework: this.#options.framework,
            jobId: (ref, where) => this.#jobId(environment, ref, where),
            file: (...args) => this.#uploads.valueOf(environment, ...args),
          }),
        );
        const entries = rawPermissions(settings);
        if (entries.length > 0) permissions.set(environment, entries);
      } catch (error) {
        if (!(error instanceof NotExpressible)) throw error;
        this.#jobs.refuse(job, environment, error.where, error.why, spec);
        return undefined;
      }
    }
    return { config: varyProps(configs), permissions };
  }

  #codeFile(up: string, job?: ImportedJob): CodeFile {
    return new CodeFile({
      framework: this.#options.framework,
      up,
      readText: (written) => this.#texts.parts(written, job),
      member: (key) => this.#jobs.withKey(key)?.member ?? key,
    });
  }

  #target(environment: string, ref: JobRef): Value {
    const job = this.#jobs.referred(environment, ref);
    return job === undefined ? { $external: this.#externals.functionFor(ref) } : { $job: job.key };
  }

  #jobId(environment: string, ref: JobRef, where: string): Value {
    if (ref.kind === "foreign")
      throw new NotExpressible(where, `runs a job of environment ${ref.environment}`);
    if (ref.kind === "missing")
      throw new NotExpressible(where, `refers to a job that does not exist: ${ref.expression}`);
    return this.#target(environment, ref);
  }

  /** Workspace paths of notebooks that the project uploads and the source manages, by environment. */
  #adoptedNotebooks(): Map<string, string[]> {
    return new Map(
      this.#source.environments.map(({ name, graph, notebooks = new Map<string, string>() }) => {
        const paths = graph.jobs
          .flatMap((spec) => leafTasks(spec))
          .flatMap(({ notebook }) => notebooks.get(notebook?.identity ?? "") ?? []);
        return [name, [...new Set(paths)].sort()];
      }),
    );
  }

  /** Ids of deployed jobs, by environment and key. */
  #adopted(): Map<string, Map<string, string>> {
    const kept = new Set(this.#jobs.order);
    return new Map(
      this.#source.environments.map(({ name, ids = new Map<string, string>() }) => [
        name,
        new Map(
          [...ids].flatMap(([id, deployed]): [string, string][] => {
            const job = this.#jobs.withId(name, id);
            return job === undefined || !kept.has(job) ? [] : [[job.key, deployed]];
          }),
        ),
      ]),
    );
  }
}
