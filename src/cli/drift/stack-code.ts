import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { JobstrataError } from "@jobstrata/core/errors";
import {
  isObject,
  type JobGraph,
  jobIdOf,
  type JobSpec,
  parseJson,
  printable,
  quote,
} from "@jobstrata/core/model";
import { blocksOf, type Reading, stateKey, type TerraformConfig } from "@jobstrata/core/readers";
import { readJobIds, readStacks, type SynthesizedStack } from "@jobstrata/run";
import { originOf } from "../import/remote-state";
import {
  type Code,
  isOfGit,
  missingJob,
  samePath,
  type States,
  type TextChange,
  type TextContext,
} from "./code";
import { sentByProvider } from "./provider-settings";
import { literal } from "./settings-walk";

type Json = Readonly<Record<string, unknown>>;

/** A synthesized stack, with the parts of its configuration needed to resolve texts. */
interface Stack extends SynthesizedStack {
  readonly config: TerraformConfig & {
    readonly variable?: Json;
    readonly locals?: Json;
    readonly terraform?: { readonly backend?: Json; readonly cloud?: unknown };
  };
  readonly jobs: ReadonlyMap<string, Json>;
}

/**
 * The jobs of an environment of a CDKTF app.
 *
 * @throws {JobstrataError} `source` if they are in several workspaces, or a state is not JSON
 */
export function stackCode(
  outdir: string,
  reading: Reading,
  graph: JobGraph,
  env: Readonly<NodeJS.ProcessEnv> = process.env,
): Code {
  const names = new Set(graph.jobs.map(({ stack }) => stack));
  const all = readStacks(outdir).map(withConfig);
  const stacks = new Map(
    all.filter(({ name }) => names.has(name)).map((each) => [each.name, each]),
  );
  const workspaces = [...stacks.values()].map(({ workspace }) => workspace);
  const hosts = new Set(workspaces.flatMap(({ host = "" }) => (host === "" ? [] : originOf(host))));
  if (hosts.size > 1)
    throw new JobstrataError(
      "source",
      `the stacks of ${quote(graph.environment)} are in several workspaces, ${[...hosts].map(printable).join(", ")}; compare each stack separately, using the output of terraform show -json for its state`,
    );
  return {
    kind: "cdktf",
    path: reading.path,
    target: graph.environment,
    graph,
    reading,
    others: reading.graphs
      .filter((other) => other !== graph)
      .flatMap(({ environment, jobs }) =>
        jobs.map(({ name = "" }) => ({ name, target: environment })),
      ),
    workspace:
      workspaces.find(({ host, profile }) => host !== undefined || profile !== undefined) ?? {},
    states: (_, notes) => stackStates(graph, all, env, notes),
    texts: (context) => {
      const texts = new StackTexts(all, graph, context, env);
      return (job) => texts.of(job);
    },
    sent: sentByProvider,
    deploymentOf: ({ stack, key }) => {
      const { deployment, edit_mode: editMode } = stacks.get(stack)?.jobs.get(key) ?? {};
      const [block = deployment] = Array.isArray(deployment) ? (deployment as unknown[]) : [];
      return { deployment: block, editMode };
    },
  };
}

function withConfig(stack: SynthesizedStack): Stack {
  const text = readFileSync(join(stack.folder, "cdk.tf.json"), "utf8");
  const config = parseJson(text, String) as Stack["config"];
  const jobs = blocksOf(config.resource, "databricks_job").map(([key, job]): [string, Json] => {
    const { deployment, edit_mode } = job;
    return [key, { deployment, edit_mode }];
  });
  return { ...stack, config, jobs: new Map(jobs) };
}

async function stackStates(
  graph: JobGraph,
  stacks: readonly Stack[],
  env: Readonly<NodeJS.ProcessEnv>,
  notes: (note: string) => void,
): Promise<States> {
  const known = new Set<string>();
  const ids = new Map<string, string>();
  const forgotten = new Map<string, string>();
  const elsewhere = new Map<string, string>();
  const specs = new Map(graph.jobs.map(({ stack, key, id }) => [`${stack}/${key}`, id]));
  const wanted = new Set(graph.jobs.map(({ stack }) => stack));
  for (const stack of stacks) {
    const { environment = "default" } = stack;
    const isOwn = wanted.has(stack.name) || environment === graph.environment;
    const found = isOwn ? await idsOf(stack, env, notes) : localIds(stack);
    if (found === undefined) continue;
    known.add(stack.name);
    for (const [key, id] of found) {
      const spec = specs.get(`${stack.name}/${key}`);
      if (spec !== undefined) ids.set(spec, id);
      else if (isOwn && isOfApp(key)) forgotten.set(id, key);
      else elsewhere.set(id, environment);
    }
  }
  return { isKnown: ({ stack }) => known.has(stack), ids, forgotten, elsewhere };
}

/** Live ids by key; undefined without a readable state. */
async function idsOf(
  stack: Stack,
  env: Readonly<NodeJS.ProcessEnv>,
  notes: (note: string) => void,
): Promise<ReadonlyMap<string, string> | undefined> {
  const local = localIds(stack);
  if (local !== undefined || localFile(stack) !== undefined) return local;
  try {
    const ids = await readJobIds(stack, env);
    // Outputs cannot distinguish an empty state from a missing one.
    if (ids.size === 0) return undefined;
    return new Map([...ids].map(([key, id]) => [key, String(id)]));
  } catch (error) {
    if (!(error instanceof JobstrataError)) throw error;
    notes(`${error.message}. Its jobs are matched by name.`);
    return undefined;
  }
}

/** The local state file; undefined for a remote backend. */
function localFile({ config, folder }: Stack): string | undefined {
  const { backend, cloud } = config.terraform ?? {};
  if (cloud !== undefined) return undefined;
  if (backend === undefined) return join(folder, "terraform.tfstate");
  const { local } = backend;
  if (!isObject(local)) return undefined;
  return resolve(folder, typeof local.path === "string" ? local.path : "terraform.tfstate");
}

interface StateFile {
  readonly resources?: readonly {
    /** Undefined in the root module. */
    readonly module?: string;
    readonly mode?: string;
    readonly type?: string;
    readonly name?: string;
    readonly instances?: readonly { readonly attributes?: { readonly id?: unknown } }[];
  }[];
}

function localIds(stack: Stack): ReadonlyMap<string, string> | undefined {
  const file = localFile(stack);
  if (file === undefined || !existsSync(file)) return undefined;
  let state: StateFile;
  try {
    state = parseJson(readFileSync(file, "utf8"), String) as StateFile;
  } catch {
    throw new JobstrataError("source", `the state ${printable(file)} is not JSON`);
  }
  const ids = new Map<string, string>();
  for (const { module, mode = "managed", type, name = "", instances = [] } of state.resources ??
    []) {
    if (type !== "databricks_job" || mode !== "managed") continue;
    const key = module === undefined ? name : `${module}.${name}`;
    for (const [at, { attributes }] of instances.entries()) {
      const id = jobIdOf(attributes?.id);
      if (id !== undefined) ids.set(at === 0 ? key : `${key}[${at}]`, String(id));
    }
  }
  return ids;
}

/** Whether a key in a state is a job of the app itself, without a module, `count` or `for_each`. */
const isOfApp = (key: string): boolean => !/[.[]/.test(key);

/** Resolves Terraform expressions whose values are known without Terraform. */
class StackTexts {
  readonly #stacks: ReadonlyMap<string, Stack>;
  readonly #byState: ReadonlyMap<string, Stack>;
  /** Ids of the code's jobs, by stack and resource. */
  readonly #jobs: ReadonlyMap<string, string>;
  readonly #context: TextContext;
  readonly #env: Readonly<NodeJS.ProcessEnv>;
  readonly #blocks = new Map<string, ReadonlyMap<string, Json>>();

  public constructor(
    stacks: readonly Stack[],
    graph: JobGraph,
    context: TextContext,
    env: Readonly<NodeJS.ProcessEnv>,
  ) {
    this.#stacks = new Map(stacks.map((stack) => [stack.name, stack]));
    this.#byState = new Map(stacks.map((stack) => [stateOf(stack), stack]));
    this.#jobs = new Map(graph.jobs.map(({ stack, key, id }) => [`${stack}/${key}`, id]));
    this.#context = context;
    this.#env = env;
  }

  public of(job: JobSpec): TextChange {
    const stack = this.#stacks.get(job.stack);
    return (text, place) => {
      const filled = stack === undefined ? text : this.#fill(text, stack);
      return isOfGit(place, job) ? filled : samePath(filled, place);
    };
  }

  #fill(text: string, stack: Stack, depth = 0): string {
    if (!text.includes("${") && !text.includes("%{")) return text;
    return text.replace(TEMPLATE, (whole, expression: string | undefined) => {
      if (expression === undefined) return literal(whole.slice(1));
      const value = depth > 20 ? undefined : this.#value(expression.trim(), stack, depth + 1);
      return value ?? whole;
    });
  }

  /** An expression's value; undefined if only Terraform knows it. */
  #value(expression: string, stack: Stack, depth: number): string | undefined {
    const converted = /^to(?:string|number)\((.*)\)$/.exec(expression)?.[1];
    if (converted !== undefined) return this.#value(converted.trim(), stack, depth);
    const quoted = /^"([^"\\$%]*)"$/.exec(expression)?.[1];
    if (quoted !== undefined) return quoted;
    const [first = "", second = "", third = "", ...more] = expression.split(".");
    if (first === "var" && third === "") return this.#variable(second, stack, depth);
    if (first === "local" && third === "")
      return this.#known(stack.config.locals?.[second], stack, depth);
    if (first === "data") return this.#data(second, third, more, stack, depth);
    if (more.length > 0) return undefined;
    if (first === "databricks_job" && ["id", "job_id"].includes(third)) {
      const spec = this.#jobs.get(`${stack.name}/${second}`);
      return (spec === undefined ? undefined : this.#context.idOf(spec)) ?? missingJob(second);
    }
    const block = this.#block(stack, "resource", first, second);
    if (block === undefined) return undefined;
    const isObjectOfWorkspace = /^databricks_(?:notebook|workspace_file|directory)$/.test(first);
    if (third === "workspace_path" && isObjectOfWorkspace) {
      const path = this.#known(block.path, stack, depth);
      return path === undefined ? undefined : `/Workspace${path}`;
    }
    const attribute = third === "id" && isObjectOfWorkspace ? "path" : third;
    return this.#known(block[attribute], stack, depth);
  }

  #block(stack: Stack, section: "resource" | "data", type: string, name: string): Json | undefined {
    const id = `${stack.name} ${section} ${type}`;
    let blocks = this.#blocks.get(id);
    if (blocks === undefined)
      this.#blocks.set(id, (blocks = new Map(blocksOf(stack.config[section], type))));
    return blocks.get(name);
  }

  #variable(name: string, stack: Stack, depth: number): string | undefined {
    const given = this.#env[`TF_VAR_${name}`];
    if (given !== undefined) return literal(given);
    const variable = stack.config.variable?.[name];
    return isObject(variable) ? this.#known(variable.default, stack, depth) : undefined;
  }

  #data(
    type: string,
    name: string,
    more: readonly string[],
    stack: Stack,
    depth: number,
  ): string | undefined {
    const block = this.#block(stack, "data", type, name);
    if (block === undefined) return undefined;
    const [attribute, output, ...deeper] = more;
    if (type === "terraform_remote_state" && attribute === "outputs" && deeper.length === 0) {
      const origin = this.#byState.get(stateKey(block));
      const value = origin?.config.output?.[output ?? ""]?.value;
      return origin === undefined ? undefined : this.#known(value, origin, depth);
    }
    if (type !== "databricks_job" || attribute !== "id" || output !== undefined) return undefined;
    const jobName = this.#known(block.job_name ?? block.name, stack, depth);
    return jobName === undefined ? undefined : this.#context.idOfName(jobName);
  }

  #known(value: unknown, stack: Stack, depth: number): string | undefined {
    if (typeof value === "number" || typeof value === "boolean") return String(value);
    if (typeof value !== "string") return undefined;
    const filled = this.#fill(value, stack, depth);
    return filled.includes("${") ? undefined : filled;
  }
}

/** An expression, or an escaped `${` or `%{`. */
const TEMPLATE = /\$\$\{|%%\{|\$\{([^{}]*)\}/g;

/** Identifies the state of a stack, as other stacks refer to it. */
function stateOf({ config }: Stack): string {
  const { backend, cloud } = config.terraform ?? {};
  if (cloud !== undefined) return stateKey({ backend: "remote", config: cloud });
  const [[type, settings] = ["local", {}]] = Object.entries(backend ?? {});
  return stateKey({ backend: type, config: settings });
}
