import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type * as Readers from "@jobstrata/core/readers";
import { DEFAULT_DATA_DIR, type JobId, printable, quote } from "@jobstrata/core/model";
import type { ExecutorKind } from "@jobstrata/local/executor";
import { JobstrataError, quoteWithSuggestion } from "@jobstrata/core/errors";
import { frameworkOf } from "@jobstrata/core/framework";
import {
  outputFolder,
  readJobIds,
  readStacks,
  stacksOf,
  type SynthesizedStack,
  resolveAuth,
  type HttpOptions,
  type Login,
  tokenLogin,
  WorkspaceHttp,
  JobsClient,
} from "@jobstrata/run";
import type { Io } from "../io";
import { reportRetries } from "./retries";
import { withLocalPackage } from "../local/package";

/** Options that select the workspace. */
export interface TargetOptions {
  /** Name of the environment. */
  readonly target?: string;
  /** The local workspace instead of a real one. */
  readonly local?: boolean;
  /** Data folder of the local workspace. */
  readonly data?: string;
  readonly executor?: ExecutorKind;
}

/** A workspace to run jobs in, and the jobs deployed there. */
export class WorkspaceTarget {
  /** Keys of the deployed jobs by id, as far as they have been read. */
  public readonly keys = new Map<JobId, string>();
  /** Settled when {@link readKeys} has finished. */
  public keysRead: Promise<unknown> = Promise.resolve();
  readonly #read = new Map<SynthesizedStack, Promise<Map<string, JobId>>>();

  readonly #stacks: readonly SynthesizedStack[];
  readonly #flags: string;
  readonly #stop: () => Promise<void>;
  readonly #prepare: () => Promise<void>;

  private constructor(
    public readonly client: JobsClient,
    public readonly environment: string | undefined,
    stacks: readonly SynthesizedStack[],
    /** The flags that select the same target: `-t dev`, `--local -t dev`. */
    flags: string,
    stop: () => Promise<void>,
    /** The workspace ends with this process. */
    public readonly isTransient: boolean,
    prepare: () => Promise<void> = () => Promise.resolve(),
  ) {
    this.#prepare = prepare;
    this.#stacks = stacks;
    this.#flags = flags;
    this.#stop = stop;
  }

  /**
   * Determines the workspace and the login. Sends no request yet.
   *
   * @throws {JobstrataError} `run` if the environment does not exist, `authentication` without a login
   */
  public static async open(
    options: TargetOptions,
    io: Io,
    http: HttpOptions = {},
  ): Promise<WorkspaceTarget> {
    const { target } = options;
    const flags = [
      options.local === true ? localFlags(options.data) : "",
      target === undefined ? "" : `-t ${printable(target)}`,
    ]
      .filter(Boolean)
      .join(" ");
    let login: Login;
    let stacks: readonly SynthesizedStack[] = [];
    let stop = (): Promise<void> => Promise.resolve();
    let isTransient = false;
    let prepare: (() => Promise<void>) | undefined;
    if (options.local === true) {
      // The local workspace loads a lot of code that others do not need.
      const { openLocal } = withLocalPackage(
        // eslint-disable-next-line @typescript-eslint/no-require-imports
        () => require("./local-target") as typeof import("./local-target"),
      );
      if (target !== undefined)
        stacks = stacksOf(
          readStacks(
            resolve(options.data ?? DEFAULT_DATA_DIR, "cdktf.out"),
            "npx jobstrata local try <stacks>",
          ),
          target,
        );
      const local = await openLocal(options, io);
      stop = () => local.stop();
      prepare = () => local.prepare();
      isTransient = local.isTransient;
      login = tokenLogin(local.host, local.token);
    } else {
      if (target !== undefined) stacks = deployedStacks(target, options.data);
      login = resolveAuth(workspaceOf(stacks));
    }
    const client = new JobsClient(new WorkspaceHttp(login, http));
    reportRetries(client.http, io);
    return new WorkspaceTarget(client, target, stacks, flags, stop, isTransient, prepare);
  }

  /** A running workspace with jobs that were just deployed to it. The flags select it in other commands. */
  public static of(login: Login, jobs: ReadonlyMap<string, JobId>, flags: string): WorkspaceTarget {
    const client = new JobsClient(new WorkspaceHttp(login));
    const target = new WorkspaceTarget(
      client,
      undefined,
      [],
      flags,
      () => Promise.resolve(),
      false,
    );
    for (const [key, id] of jobs) target.keys.set(id, key);
    return target;
  }

  /** Keys of all jobs in the environment, deployed or not. */
  get #jobKeys(): string[] {
    return this.#stacks.flatMap(({ jobOutputs }) => [...jobOutputs.keys()]);
  }

  /**
   * The id of a job in the environment.
   *
   * @throws {JobstrataError} `run` if the job does not exist or is not deployed; `terraform` if that cannot be determined
   */
  public async jobId(key: string): Promise<JobId> {
    const stack = this.#stacks.find(({ jobOutputs }) => jobOutputs.has(key));
    if (stack === undefined) {
      if (this.environment === undefined) {
        throw new JobstrataError(
          "run",
          `use -t to name the environment in which to run ${quote(key)}${onlyEnvironment()}; or give --job-id or --name`,
        );
      }
      const keys = this.#jobKeys;
      throw new JobstrataError(
        "run",
        `environment ${quote(this.environment)} has no job ${quoteWithSuggestion(key, keys)}; it has ${keys.map(quote).join(", ") || "none"}`,
      );
    }
    const id = (await this.#idsOf(stack)).get(key);
    if (id !== undefined) return id;
    throw new JobstrataError(
      "run",
      `job ${quote(key)} is not deployed in environment ${quote(this.environment ?? "")}; deploy it: ${this.#deployCommand(stack.name)}`,
    );
  }

  /**
   * The ids of the environment's deployed jobs by key.
   *
   * @throws {JobstrataError} `run` if none is deployed
   */
  public async jobIds(): Promise<Map<string, JobId>> {
    const all = await Promise.all(this.#stacks.map((stack) => this.#idsOf(stack)));
    const ids = new Map(all.flatMap((each) => [...each]));
    if (ids.size > 0) return ids;
    const environment = quote(this.environment ?? "");
    const names = this.#stacks.map(({ name }) => name).join(" ");
    throw new JobstrataError(
      "run",
      `no job of environment ${environment} is deployed; deploy it: ${this.#deployCommand(names)}`,
    );
  }

  /** Reads the keys of all jobs, to name nested ones. A failure costs only the names. */
  public readKeys(): void {
    this.keysRead = this.jobIds().catch(() => undefined);
  }

  /** Another command for the same workspace, such as `npx jobstrata runs -t dev`. */
  public command(verb: string): string {
    return ["npx jobstrata", verb, this.#flags].filter(Boolean).join(" ");
  }

  /** Prepares the workspace for runs, which can take minutes: call it when nothing else can fail. */
  public async prepare(): Promise<void> {
    await this.#prepare();
  }

  /** Stops what was started to reach the workspace. */
  public async close(): Promise<void> {
    await this.#stop();
  }

  #idsOf(stack: SynthesizedStack): Promise<Map<string, JobId>> {
    const known = this.#read.get(stack);
    if (known !== undefined) return known;
    const reading = readJobIds(stack).then((ids) => {
      for (const [key, id] of ids) this.keys.set(id, key);
      return ids;
    });
    this.#read.set(stack, reading);
    return reading;
  }

  #deployCommand(stacks: string): string {
    return this.#flags.startsWith("--local")
      ? `npx jobstrata local try ${printable(stacks)}`
      : `npx ${frameworkOf(".")} deploy ${printable(stacks)}`;
  }
}

/** The stacks of an environment. If there are none but the local workspace has some, the error says so. */
function deployedStacks(environment: string, data: string = DEFAULT_DATA_DIR): SynthesizedStack[] {
  try {
    return stacksOf(readStacks(outputFolder()), environment);
  } catch (error) {
    if (!(error instanceof JobstrataError)) throw error;
    // Readers take long to load, and only this error needs one.
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    const { bundleFile } = require("@jobstrata/core/readers") as typeof Readers;
    if (!existsSync("cdktf.json") && bundleFile(".") !== undefined)
      throw new JobstrataError(
        "run",
        `-t finds jobs in the stacks of a CDKTF app, but this folder holds a bundle; run its jobs with databricks bundle run KEY -t ${printable(environment)}, or with jobstrata run --name NAME`,
      );
    if (!isLocal(environment, data)) throw error;
    throw new JobstrataError(
      "run",
      `${error.message}. The local workspace has an environment ${quote(environment)}: add --local`,
    );
  }
}

function isLocal(environment: string, data: string): boolean {
  try {
    return stacksOf(readStacks(join(data, "cdktf.out")), environment).length > 0;
  } catch {
    return false;
  }
}

/** A hint at the environment if only one is synthesized: ` (-t dev)`. */
function onlyEnvironment(): string {
  try {
    const [only, another] = new Set(
      readStacks(outputFolder()).flatMap(({ environment }) => environment ?? []),
    );
    return only === undefined || another !== undefined ? "" : ` (-t ${printable(only)})`;
  } catch {
    return "";
  }
}

/** The flags that select the local workspace of a data folder. */
export function localFlags(data: string | undefined): string {
  return data === undefined || data === DEFAULT_DATA_DIR
    ? "--local"
    : `--local --data ${printable(data)}`;
}

/** The workspace in the provider configuration of the stacks; the first one found applies to all. */
function workspaceOf(stacks: readonly SynthesizedStack[]): SynthesizedStack["workspace"] {
  const told = stacks.map(({ workspace }) => workspace);
  return told.find(({ host, profile }) => host !== undefined || profile !== undefined) ?? {};
}
