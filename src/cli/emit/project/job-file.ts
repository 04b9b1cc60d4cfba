import { type Code, call, commentLines, list, object, raw, statement, text } from "./code";
import type { CodeFile } from "./code-file";
import type { JobComments } from "../import-source";
import type { TypedJob, TypedTask } from "../typed/plan";
import type { Value } from "../typed/value";

/** Input of a job's file. */
interface JobFileInput {
  readonly key: string;
  readonly functionName: string;
  /** Property names of the jobs that it runs or refers to. */
  readonly needs: readonly string[];
  readonly comments: JobComments | undefined;
}

const CLASSES = { atomic: "AtomicJob", composite: "CompositeJob", orchestrator: "OrchestratorJob" };

/** The file of a typed job. */
export function typedJobFile(input: JobFileInput, job: TypedJob, file: CodeFile): string {
  const className = file.use(CLASSES[job.level]);
  const { notebook, taskKey, tasks, props } = job;
  const { name, description, ...rest } = props;
  const ordered: Record<string, Value> = {
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    ...pick(rest, "layer", "purpose"),
    ...(notebook !== undefined && { notebook }),
    ...(taskKey !== undefined && { taskKey }),
    ...rest,
  };
  const comments = fieldComments(input.comments, PROPS);
  const entries = file.entries(ordered).map((entry) => {
    const above = comments.get(entry.name);
    return above === undefined ? entry : { ...entry, comments: above };
  });
  const args = [
    raw("stack"),
    text(input.key),
    ...(entries.length === 0 ? [] : [object(entries, true)]),
  ];
  const creation = call(`new ${className}`, ...args);
  const isPlain = tasks.length === 0;
  const body = isPlain
    ? statement(creation, { name: "return", indent: 2 })
    : [
        statement(creation, { name: "const job", indent: 2 }),
        taskLines(tasks, file, input.comments),
        "  return job;\n",
      ].join("");
  return functionFile(input, className, body, file);
}

function taskLines(
  tasks: readonly TypedTask[],
  file: CodeFile,
  comments: JobComments | undefined,
): string {
  const waitedFor = new Set(tasks.flatMap(({ dependsOn }) => dependsOn.map(({ key }) => key)));
  const names = new Map<string, string>();
  const taken = new Set(["job", "jobs", "stack", "environment"]);
  const lines = tasks.map(({ key, method, target, props, dependsOn }) => {
    const waits = dependsOn.map(({ key: other, outcome }) =>
      raw(
        `${names.get(other) ?? ""}${outcome === undefined ? "" : outcome === "true" ? ".whenTrue" : ".whenFalse"}`,
      ),
    );
    const [wait] = waits;
    const entries = [
      ...file.entries(props),
      ...(wait === undefined
        ? []
        : [{ name: "dependsOn", value: waits.length === 1 ? wait : list(waits) }]),
    ];
    const job = target === undefined ? [] : [targetCode(target, file)];
    const args = [text(key), ...job, ...(entries.length === 0 ? [] : [object(entries)])];
    const code = call(`job.${method}`, ...args);
    const above = commentLines(comments?.tasks[key], 2);
    if (!waitedFor.has(key)) return `${above}${statement(code, { indent: 2 })}`;
    let name = taskName(key);
    while (taken.has(name)) name += "Task";
    taken.add(name);
    names.set(key, name);
    return `${above}${statement(code, { name: `const ${name}`, indent: 2 })}`;
  });
  return lines.join("");
}

/** The job itself, not its id. */
function targetCode(target: Value, file: CodeFile): Code {
  const code = file.code(target);
  return code.kind === "raw" ? raw(code.text.replace(/\.id$/, "")) : code;
}

function taskName(key: string): string {
  const words = key.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
  const name = words
    .map(
      (word, at) =>
        (at === 0 ? word.charAt(0).toLowerCase() : word.charAt(0).toUpperCase()) + word.slice(1),
    )
    .join("");
  return /^[A-Za-z]/.test(name) && !KEYWORDS.has(name)
    ? name
    : `task${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

const KEYWORDS = new Set(
  (
    "arguments await break case catch class const continue debugger default delete do else enum eval export extends " +
    "false finally for function if implements import in instanceof interface let new null package private protected " +
    "public return static super switch this throw true try typeof undefined var void while with yield"
  ).split(" "),
);

/** Access controls of a job. */
export interface JobPermissions {
  readonly value: Value | undefined;
  /** The environments that have any, unless all have: the provider rejects `Permissions` without an access control. */
  readonly onlyIn: readonly string[] | undefined;
}

/** The file of a job that uses the provider's generated class. */
export function rawJobFile(
  input: JobFileInput,
  config: Readonly<Record<string, Value>>,
  permissions: JobPermissions,
  file: CodeFile,
): string {
  const className = file.provider("Job", "job");
  const comments = fieldComments(input.comments, {});
  const entries = file.entries(config).map((entry) => {
    const above = comments.get(entry.name);
    return above === undefined ? entry : { ...entry, comments: above };
  });
  const creation = call(`new ${className}`, raw("stack"), text(input.key), object(entries, true));
  const body =
    permissions.value === undefined
      ? statement(creation, { name: "return", indent: 2 })
      : [
          statement(creation, { name: "const job", indent: 2 }),
          statement(permissionsCode(input.key, permissions.value, permissions.onlyIn, file), {
            indent: 2,
          }),
          "  return job;\n",
        ].join("");
  const taskComments = Object.entries(input.comments?.tasks ?? {}).flatMap(([key, lines]) =>
    lines.map((line) => `${key}: ${line}`),
  );
  const withTasks = {
    ...input,
    comments: input.comments && {
      ...input.comments,
      job: [...input.comments.job, ...taskComments],
    },
  };
  return functionFile(withTasks, className, body, file);
}

function permissionsCode(
  key: string,
  value: Value,
  environments: readonly string[] | undefined,
  file: CodeFile,
): Code {
  const entries = [
    { name: "jobId", value: raw("job.id") },
    { name: "accessControl", value: file.code(value) },
  ];
  const className = file.provider("Permissions", "permissions");
  const creation = call(
    `new ${className}`,
    raw("stack"),
    text(`${key}_permissions`),
    object(entries, true),
  );
  if (environments === undefined) return creation;
  file.usesEnvironment = true;
  return call(
    file.useLocal("onlyIn", "environments"),
    raw("environment"),
    list(environments.map(text)),
    { kind: "arrow", body: creation },
  );
}

function functionFile(
  { functionName, needs, comments }: JobFileInput,
  className: string,
  body: string,
  file: CodeFile,
): string {
  file.use("type JobStack");
  if (needs.length > 0) file.use("type IJob");
  const environment = file.usesEnvironment ? "  const { environment } = stack;\n" : "";
  const jobs =
    needs.length === 0
      ? ""
      : `interface Jobs {\n${needs.map((name) => `  readonly ${name}: IJob;\n`).join("")}}\n\n`;
  const head = signature(functionName, className, needs.length > 0);
  const above = commentLines(comments?.job);
  return `${file.imports()}\n${jobs}${above}${head}${environment}${body}}\n`;
}

function signature(name: string, className: string, hasJobs: boolean): string {
  const parameters = ["stack: JobStack", ...(hasJobs ? ["jobs: Jobs"] : [])];
  const line = `export function ${name}(${parameters.join(", ")}): ${className} {\n`;
  if (line.length - 1 <= 80) return line;
  const lines = parameters.map((parameter) => `  ${parameter},\n`).join("");
  return `export function ${name}(\n${lines}): ${className} {\n`;
}

/** The comments on the source's fields, by the props that they became. */
function fieldComments(
  comments: JobComments | undefined,
  props: Readonly<Record<string, string>>,
): Map<string, string[]> {
  const result = new Map<string, string[]>();
  for (const [field, lines] of Object.entries(comments?.fields ?? {})) {
    const name =
      props[field] ?? field.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    result.set(name, [...(result.get(name) ?? []), ...lines]);
  }
  return result;
}

const PROPS: Readonly<Record<string, string>> = {
  parameters: "jobParameters",
  schedule: "trigger",
  continuous: "trigger",
  job_clusters: "compute",
  environments: "compute",
  git_source: "notebook",
  health: "healthRules",
};

function pick(values: Readonly<Record<string, Value>>, ...names: string[]): Record<string, Value> {
  return Object.fromEntries(
    names.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]]])),
  );
}
