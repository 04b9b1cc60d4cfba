import type { JobRef } from "@jobstrata/core/model";
import type { ImportFramework } from "../import-source";
import { keyOf, memberName, unique } from "../names";
import { call, importLine, raw, statement, text } from "./code";
import type { CodeFile } from "./code-file";

/** External jobs that the project's jobs run: a function for each in `jobs/external.ts`. */
export class ExternalJobs {
  readonly #functions = new Map<string, { readonly name: string; readonly code: string }>();
  readonly #framework: ImportFramework;
  readonly #keys: ReadonlySet<string>;
  readonly #newFile: () => CodeFile;

  /** @param keys of the project's jobs, which are taken */
  public constructor(
    framework: ImportFramework,
    keys: ReadonlySet<string>,
    newFile: () => CodeFile,
  ) {
    this.#framework = framework;
    this.#keys = keys;
    this.#newFile = newFile;
  }

  /** The name of the function that returns the referenced job. */
  public functionFor(ref: JobRef): string {
    const { jobName, id, expression } = whatNames(ref);
    const identity =
      jobName !== undefined ? `name ${jobName}` : id !== undefined ? `id ${id}` : expression;
    const known = this.#functions.get(identity);
    if (known !== undefined) return known.name;
    const names = new Set([...this.#functions.values()].map(({ name }) => name));
    const hint =
      jobName ?? (id === undefined ? expression.replace(/^\$\{(?:var\.)?|\}$/g, "") : `job ${id}`);
    const name = unique(`${memberName(keyOf(hint))}Job`.replace(/JobJob$/, "Job"), names, "");
    const key = unique(keyOf(hint).toLowerCase(), new Set(this.#keys));
    const file = this.#newFile();
    const made =
      jobName !== undefined
        ? call("fromJobName", raw("stack"), text(key), file.text(jobName))
        : call(
            "fromJobId",
            raw("stack"),
            text(key),
            id === undefined ? file.text(expression) : text(id),
          );
    const environment = file.usesEnvironment ? "  const { environment } = stack;\n" : "";
    const code = `export function ${name}(stack: JobStack): IJob {
${environment}  const known = stack.node.tryFindChild(${JSON.stringify(key)});
  if (known !== undefined) return known as IJob;
${statement(made, { name: "return", indent: 2 })}}
`;
    this.#functions.set(identity, { name, code });
    return name;
  }

  /** The text of `jobs/external.ts`; undefined without external jobs. */
  public file(): string | undefined {
    if (this.#functions.size === 0) return undefined;
    const all = [...this.#functions.values()].map(({ code }) => code).join("\n");
    const names = ["fromJobId", "fromJobName"].filter((name) => all.includes(`${name}(`));
    const imports = importLine(
      [...names, "type IJob", "type JobStack"],
      `@jobstrata/${this.#framework}`,
    );
    return `${imports}
// External jobs that this project's jobs run.

${all}`;
  }
}

/** Identifies an external job: its display name, its id, or an expression. */
function whatNames(ref: JobRef): {
  readonly jobName?: string | undefined;
  readonly id?: string | undefined;
  readonly expression: string;
} {
  if (ref.kind === "job") return { expression: ref.id };
  if (ref.kind === "literal") return { id: ref.jobId, expression: "" };
  const { expression } = ref;
  const jobName = ref.kind === "external" ? ref.name : undefined;
  // A workspace refers to a job of another environment by id.
  const id =
    ref.kind === "external" || ref.kind === "opaque"
      ? (ref.jobId ?? /^job (\d+)$/.exec(expression)?.[1])
      : undefined;
  return { jobName, id, expression };
}
