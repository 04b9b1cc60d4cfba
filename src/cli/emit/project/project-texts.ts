import type { ImportSource } from "../import-source";
import { unique, variableName } from "../names";
import { escaped, partsOf } from "../texts";
import { type ImportedJob, isTarget, type ProjectJobs, variablePath } from "./jobs";
import { terraformOf, type TextPart } from "./text-code";

/** Translates texts of the source: references become variables and jobs, secrets become variables. */
export class ProjectTexts {
  /** Variables for values that the project cannot know: source text by variable name. */
  readonly placeholders = new Map<string, string>();
  /** Names of source variables that texts refer to. */
  readonly usedVariables = new Set<string>();
  readonly #placeholderNames = new Map<string, string>();
  readonly #variables: ReadonlySet<string>;
  readonly #jobs: ProjectJobs;
  readonly #hasReferences: boolean;

  public constructor(source: ImportSource, jobs: ProjectJobs) {
    this.#jobs = jobs;
    this.#hasReferences = source.kind === "bundle";
    this.#variables = new Set(
      source.environments.flatMap(({ variables }) => Object.keys(variables)),
    );
  }

  /**
   * The parts of a text in the project's code.
   *
   * @param job whose file contains the text; other jobs are in scope there
   * @param environment of the settings, whose name is filled in
   */
  public parts(written: string, job?: ImportedJob, environment?: string): TextPart[] {
    return partsOf(written, this.#hasReferences).map((part): TextPart => {
      if (part.kind === "plain") return { terraform: escaped(part.text) };
      if (part.kind === "secret") return { variable: this.placeholder(part.text, "secret") };
      const { path } = part;
      if (isTarget(path))
        return environment === undefined
          ? { code: "environment.name" }
          : { terraform: environment };
      const variable = variablePath(path);
      if (variable !== undefined && this.#variables.has(variable)) {
        this.usedVariables.add(variable);
        return { variable };
      }
      const key = /^resources\.jobs\.([^.[\]]+)\.id$/.exec(path)?.[1];
      const target = key === undefined ? undefined : this.#jobs.withSourceKey(key);
      if (target !== undefined && target !== job && job !== undefined && environment === undefined)
        return { code: `jobs.${target.member}.id` };
      return { variable: this.placeholder(part.text, variableName(path)) };
    });
  }

  /** A text as Terraform receives it in an environment. */
  public terraform(written: string, environment: string): string {
    const isJob = /^\$\{resources\.jobs\.[^.[\]}]+\.id\}$/.test(written);
    if (isJob) return written;
    return this.parts(written, undefined, environment).map(terraformOf).join("");
  }

  /** The variable for a value that the project cannot know. */
  public placeholder(written: string, name: string): string {
    const known = this.#placeholderNames.get(written);
    if (known !== undefined) return known;
    const free = unique(
      name === "" ? "value" : name,
      new Set([...this.#variables, ...this.placeholders.keys()]),
    );
    this.#placeholderNames.set(written, free);
    this.placeholders.set(free, written);
    return free;
  }
}
