import { posix } from "node:path";
import {
  isSettings,
  JOB_SCHEMA,
  type JobRef,
  type JobSpec,
  type Setting,
  type Settings,
  type Shape,
  type TaskSpec,
  textAt,
} from "@jobstrata/core/model";
import { NotExpressible } from "../not-expressible";
import type { BundleInput, ExportedEnvironment } from "./bundle-input";
import { list, type Yaml } from "./divide";

/** Resolves what a job's settings refer to. */
interface JobContext {
  readonly environment: ExportedEnvironment;
  readonly localFile: BundleInput["localFile"];
  /** The variable that looks up a job's id by name. */
  readonly lookup: (job: string) => string;
  /** Collects folders outside of the bundle that it must sync. */
  readonly outside: Set<string>;
}

/** Settings that exist only in the Terraform provider. */
const ONLY_TERRAFORM = new Set(["always_running", "control_run_state", "dynamic"]);

/** Converts a job's settings to bundle syntax. */
export class JobWriter {
  readonly #job: JobSpec;
  readonly #context: JobContext;
  readonly #environment: ExportedEnvironment;
  readonly #keys: ReadonlyMap<string, string>;
  readonly #isGit: boolean;

  public constructor(job: JobSpec, context: JobContext) {
    const { environment } = context;
    this.#job = job;
    this.#context = context;
    this.#environment = environment;
    this.#keys = new Map(environment.graph.jobs.map(({ id, key }) => [id, key]));
    this.#isGit = job.settings.git_source !== undefined;
  }

  public settings(): Settings {
    const { access_control_list: entries, ...rest } = this.#job.settings;
    const result: Record<string, Setting> = {};
    for (const [name, value] of Object.entries(rest)) {
      if (ONLY_TERRAFORM.has(name))
        throw new NotExpressible(name, "exists only in the Terraform provider");
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

  /** Makes a path of this machine relative to the job's file; leaves other texts unchanged. */
  #path(value: string, where: string, task: TaskSpec | undefined): string {
    const notebook = where.endsWith("notebook_path") ? task?.notebook?.identity : undefined;
    const isFile = notebook?.startsWith("file:") === true;
    const named = isFile ? notebook.slice("file:".length) : value;
    const file = this.#context.localFile(
      isFile ? named : this.#environment.text(value, where),
      isFile,
    );
    if (file === undefined) {
      if (isFile)
        throw new NotExpressible(
          where,
          `names ${named}, which is outside of the bundle or does not exist`,
        );
      return this.#environment.text(value, where);
    }
    if (file.startsWith("../")) this.#context.outside.add(posix.dirname(file));
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
      throw new NotExpressible(where, `is ${expression}, which does not resolve to a job`);
    }
    if ("name" in external) return `\${var.${this.#context.lookup(external.name)}}`;
    const { id } = external;
    return idOf(id);
  }
}

/** Marks a path relative to the bundle's folder until the file that contains it is known. */
const PATH = "\0";

/** Rewrites marked paths relative to a folder of the bundle. */
export function rebased(value: Yaml, folder: string): Yaml {
  if (typeof value === "string") {
    if (!value.startsWith(PATH)) return value;
    const file = value.slice(PATH.length);
    // posix.relative would take a path out of the bundle from the working folder.
    const path = file.startsWith("../")
      ? `${"../".repeat(folder === "" ? 0 : folder.split("/").length)}${file}`
      : posix.relative(folder, file) || ".";
    return path.startsWith(".") ? path : `./${path}`;
  }
  if (Array.isArray(value)) return list(value).map((each) => rebased(each, folder) ?? null);
  if (!isSettings(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, rebased(each, folder) ?? null]),
  );
}

/** An id as a YAML number if a number can represent it. */
function idOf(id: string): Setting {
  const value: unknown = /^\d{1,15}$/.test(id) ? JSON.parse(id) : id;
  return value as Setting;
}
