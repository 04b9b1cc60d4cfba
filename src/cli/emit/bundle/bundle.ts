import { stringify } from "yaml";
import { canonical, type Setting, type Settings } from "@jobstrata/core/model";
import type { Refusal } from "../import-source";
import { keyOf } from "../names";
import { NotExpressible } from "../not-expressible";
import type { BundleInput, ExportedBundle, ExportedEnvironment } from "./bundle-input";
import { divided, type Yaml } from "./divide";
import { JobWriter, rebased } from "./job-settings";

/** Writes a bundle with the jobs of all environments: a target for each, a file for each job, folders by layer. */
export function writeBundle(input: BundleInput): ExportedBundle {
  return new BundleWriter(input).bundle();
}

interface Exported {
  readonly layer: string;
  readonly byEnvironment: Map<string, Settings>;
}
/** The root file's settings of each target. */
type Targets = Record<string, Record<string, Yaml>>;

class BundleWriter {
  readonly #input: BundleInput;
  readonly #refusals: Refusal[] = [];
  readonly #jobs = new Map<string, Exported>();
  /** Lookup variables by the names of the jobs that they look up. */
  readonly #lookups = new Map<string, string>();
  /** Folders outside of the bundle that it syncs. */
  readonly #outside = new Set<string>();

  public constructor(input: BundleInput) {
    this.#input = input;
  }

  public bundle(): ExportedBundle {
    const { environments, name } = this.#input;
    for (const environment of environments) this.#read(environment);
    const files = new Map<string, string>();
    const targets: Targets = {};
    for (const [at, each] of environments.entries())
      targets[each.name] = at === 0 ? { default: true } : {};
    const variables = this.#variables(targets);
    const runAs = this.#takeRunAs();
    this.#writeJobs(files, targets);
    for (const [environment, same] of runAs) {
      const target = targets[environment];
      if (target !== undefined) target.run_as = same;
    }
    const outside = [...this.#outside].sort();
    const root = {
      bundle: { name },
      ...(outside.length > 0 && { sync: { paths: [".", ...outside] } }),
      ...(files.size > 0 && { include: ["resources/*/*.yml"] }),
      ...(Object.keys(variables).length > 0 && { variables }),
      targets,
    };
    files.set("databricks.yml", stringify(root, YAML));
    return { files, refusals: this.#refusals, jobs: this.#jobs.size };
  }

  /** A file with a job's settings in all targets and the overrides of each target. */
  #writeJobs(files: Map<string, string>, targets: Targets): void {
    const overrides = new Map<string, Record<string, Yaml>>();
    for (const [key, { layer, byEnvironment }] of this.#jobs) {
      const isEverywhere = byEnvironment.size === this.#input.environments.length;
      const { base, others } = isEverywhere
        ? divided(withTargets(byEnvironment))
        : { base: undefined, others: byEnvironment as ReadonlyMap<string, Yaml> };
      if (base !== undefined) {
        const jobs = { [key]: rebased(base, `resources/${layer}`) };
        files.set(`resources/${layer}/${key}.yml`, stringify({ resources: { jobs } }, YAML));
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
  }

  /** Moves `run_as` from the jobs to the target if all jobs of it agree. */
  #takeRunAs(): ReadonlyMap<string, Setting> {
    const result = new Map<string, Setting>();
    for (const { name } of this.#input.environments) {
      const jobs = [...this.#jobs.values()].filter(({ byEnvironment }) => byEnvironment.has(name));
      const values = jobs.map(({ byEnvironment }) => byEnvironment.get(name)?.run_as);
      const [same] = values;
      if (same === undefined || values.some((each) => canonical(each) !== canonical(same)))
        continue;
      result.set(name, same);
      for (const { byEnvironment } of jobs) {
        const { run_as: _, ...rest } = byEnvironment.get(name) ?? {};
        byEnvironment.set(name, rest);
      }
    }
    return result;
  }

  /** The variables of the bundle. Values that differ are set in the targets. */
  #variables(targets: Targets): Record<string, unknown> {
    const all = this.#input.environments;
    const names = new Set(all.flatMap(({ variables }) => Object.keys(variables)));
    const result: Record<string, unknown> = {};
    for (const name of names) {
      const values = all.map(({ variables }) => variables[name]?.default);
      const [common] = values;
      const isCommon = common !== undefined && values.every((value) => value === common);
      const description = all.map(({ variables }) => variables[name]?.description).find(Boolean);
      result[name] = {
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
    for (const [job, name] of this.#lookups) result[name] = { lookup: { job } };
    return result;
  }

  #read(environment: ExportedEnvironment): void {
    const seen = new Set<string>();
    for (const job of environment.graph.jobs) {
      try {
        if (seen.has(job.key)) throw new NotExpressible("key", "is the key of two jobs");
        if (job.repeated) throw new NotExpressible("for_each", "creates several jobs");
        seen.add(job.key);
        const known = this.#jobs.get(job.key);
        const layer = known?.layer ?? keyOf(job.tags.layer ?? this.#input.name).toLowerCase();
        const { localFile } = this.#input;
        const lookup = (name: string): string => this.#lookup(name);
        const context = { environment, localFile, lookup, outside: this.#outside };
        const settings = new JobWriter(job, context).settings();
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

  /** The variable that looks up a job. */
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

/** Replaces the environment's name in job names by `[${bundle.target}]` if all targets have it. */
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
