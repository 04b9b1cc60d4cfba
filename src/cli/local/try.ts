import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { JobstrataError, quoteWithSuggestion } from "@jobstrata/core/errors";
import { settleExecutor } from "@jobstrata/local/commands";
import { runCommand } from "@jobstrata/local/exec";
import { type LocalSession, openSession, type SessionOptions } from "@jobstrata/local/session";
import { type JobId, jobIdOf, jobOutputName, printable, quote } from "@jobstrata/core/model";
import { readStacks, tokenLogin } from "@jobstrata/run";
import { terraformBinary } from "@jobstrata/core/terraform-binary";
import { Interrupts } from "../interrupts";
import type { Io } from "../io";
import { openCommand, SERVING } from "./server-options";
import { execute, type ExecutionOptions, stepOf } from "../run/execution";
import { showEnd } from "../run/end";
import { reportingErrors } from "../workspace/errors";
import { localFlags, WorkspaceTarget } from "../workspace/target";
import { enginePython, startExecutor } from "./executor";
import { sampleData } from "./samples";
import { showTriggered } from "./alerts";
import { readSql, runSql } from "./sql";
import { jobsOf, unrecordedJobs } from "./unrecorded";

/** Options of {@link tryStacks}. */
export interface TryOptions extends SessionOptions {
  /** Key of the job to run. */
  readonly run?: string;
  /** Creates the sample tables before the run. */
  readonly sampleData?: boolean;
  /** File with SQL to run after the job, whose results are shown. */
  readonly sql?: string;
  /** Evaluates the workspace's alerts after the run, and shows the triggered ones. */
  readonly alerts?: boolean;
}

/**
 * Deploys stacks to the local workspace with the CDKTF CLI, which checks their hierarchy first, and runs a job there.
 *
 * @returns 0 on success; 1 if the policy, the deployment or the run failed
 * @throws {JobstrataError} `local-workspace` if this could not be attempted
 */
export async function tryStacks(
  stacks: readonly string[],
  { run, sampleData: withSamples = false, sql, alerts = false, ...options }: TryOptions,
  io: Io,
): Promise<number> {
  // Fail before anything slow.
  terraformBinary();
  cdktf();
  if (sql !== undefined && sql !== "-") readSql(sql);
  // The first time, the engine is installed while the stacks are deployed, which does not need it.
  const ended = new AbortController();
  const chosen = await settleExecutor(options);
  const { kind = chosen, ready } = await startExecutor(
    { data: options.data, executor: chosen },
    io,
    ended.signal,
  );
  const session = await openSession({ ...options, ...SERVING, ...(kind && { executor: kind }) });
  try {
    io.out(`Local workspace at ${session.host}, data in ${printable(session.dataDir)}`);
    const before = await jobsOf(session);
    const outputs = await deploy(session, stacks, io, ended);
    const lost = await unrecordedJobs(session, before);
    if (lost.length > 0)
      io.err(
        `Created, but in no Terraform state, because the response was lost: ${lost.join(", ")}. Terraform will create them again; delete these on the page, or with the Jobs API`,
      );
    if (typeof outputs === "number") return outputs;
    const executor = await ready;
    if (executor === "simulated" && (withSamples || sql !== undefined || alerts))
      io.err("Sample data, queries and alerts are left out: they need the notebook engine");
    if (withSamples && executor === "local") {
      io.out("\nSample data");
      await sampleData(session, await enginePython(options.data, io), io);
    }
    let code = run === undefined ? 0 : await runJob(session, run, outputs, options, io);
    if (code === 0 && sql !== undefined && executor === "local") {
      io.out("");
      const { dataDir } = session;
      const query = { ...options, dataDir, file: sql, format: "table", limit: 100 } as const;
      code = await runSql(undefined, query, io);
    }
    if (code === 0 && alerts && executor === "local") {
      io.out("");
      code = await showTriggered(session, io);
    }
    if (options.ephemeral !== true) io.out(`\nSee jobs and runs: ${openCommand(options)}`);
    return code;
  } finally {
    ended.abort();
    await session.stop();
  }
}

/** Outputs of all stacks by name, or the exit code if the deployment failed or was interrupted. */
async function deploy(
  { env, dataDir }: LocalSession,
  stacks: readonly string[],
  io: Io,
  ended: AbortController,
): Promise<Map<string, unknown> | number> {
  io.out(`\nDeploy ${stacks.map(printable).join(" ")}: policy, then terraform apply`);
  const folder = mkdtempSync(join(dataDir, "deploy-"));
  const outputsFile = join(folder, "outputs.json");
  let log = "";
  // Terraform gets the signal too, and finishes what it has begun.
  const interrupts = new Interrupts(
    () => {
      ended.abort();
      io.err("Stopping the deployment, once Terraform has finished what it began");
    },
    () => undefined,
  );
  try {
    const command = [
      ...cdktf(),
      "deploy",
      ...stacks,
      "--auto-approve",
      "--outputs-file",
      outputsFile,
    ];
    const started = Date.now();
    const code = await runCommand(command, {
      env: { ...env, CI: "true", FORCE_COLOR: "0" },
      onOutput: (text) => (log += text),
    });
    const text = plain(log);
    if (interrupts.exitCode !== undefined) {
      const names = stacks.map(printable).join(" ");
      io.err(
        `Stopped deploying ${names}. What was applied stays: deploy again to continue, or delete it with npx jobstrata local reset`,
      );
      return interrupts.exitCode;
    }
    if (code !== 0) {
      for (const line of failureFirst(text, synthesized(dataDir))) io.err(line);
      io.err(`The deployment failed with exit code ${code}.`);
      return 1;
    }
    for (const [stack, counts] of applied(text)) io.out(`  ${stack.padEnd(30)} ${counts}`);
    io.out(`  done in ${seconds(Date.now() - started)}`);
    if (!existsSync(outputsFile)) return new Map();
    const byStack = JSON.parse(readFileSync(outputsFile, "utf8")) as Record<
      string,
      Record<string, unknown>
    >;
    return new Map(Object.values(byStack).flatMap((outputs) => Object.entries(outputs)));
  } finally {
    interrupts.stop();
    rmSync(folder, { recursive: true });
  }
}

/** Names of the stacks synthesized for the local workspace. */
function synthesized(dataDir: string): string[] {
  try {
    return readStacks(join(dataDir, "cdktf.out")).map(({ name }) => name);
  } catch (error) {
    // Synthesis failed, as the log says.
    if (error instanceof JobstrataError) return [];
    throw error;
  }
}

/** Lines that the CLIs always print, and that explain no failure. */
const NOISE =
  /checkpoint|\.terraformrc|There is a newer version|Support for .* is deprecated|npm notice|^\s*[│╷╵]?\s*$|^Synthesizing$|CLI configuration|Stacks deploying|development overrides are in effect/i;

/** The CLI's log or its complaint about a stack name: the error first, then all other lines except noise. */
export function failureFirst(text: string, stacks: readonly string[] = []): string[] {
  const lines = text.split("\n").filter((line) => !NOISE.test(line));
  const unknown = /Could not find stack for pattern '(.*)'/.exec(text)?.[1];
  if (unknown !== undefined)
    return [
      `no stack matches ${quote(unknown)}${stacks.length === 0 ? "" : `; stacks: ${stacks.map(printable).join(", ")}`}`,
    ];
  const first = lines.findIndex((line) => /\b(?:Error|error)\b ?:/.test(line));
  const [line] = first < 0 ? [] : lines.splice(first, 1);
  return line === undefined ? lines : [line.trim(), ...lines];
}

/**
 * Terraform's actions in each stack. The CLI prefixes the first line of each chunk with the stack's name, and the other lines
 * with as many blanks.
 */
export function applied(log: string): [stack: string, counts: string][] {
  const found: [string, string][] = [];
  let stack = "";
  for (const line of log.split("\n")) {
    stack = /^(\S+) {2}/.exec(line)?.[1] ?? stack;
    const counts = /Apply complete! Resources: (\d+ added, \d+ changed, \d+ destroyed)/.exec(line);
    if (counts?.[1] !== undefined) found.push([stack, counts[1]]);
  }
  return found;
}

async function runJob(
  session: LocalSession,
  key: string,
  outputs: ReadonlyMap<string, unknown>,
  { data }: SessionOptions,
  io: Io,
): Promise<number> {
  const jobs = new Map(
    [...outputs].flatMap(([name, value]): [string, JobId][] => {
      const id = name.endsWith("_job_id") ? jobIdOf(value) : undefined;
      return id === undefined ? [] : [[name.replace(/_id$/, ""), id]];
    }),
  );
  const jobId = jobs.get(jobOutputName(key, "id").replace(/_id$/, ""));
  if (jobId === undefined) {
    const keys = [...jobs.keys()];
    throw new JobstrataError(
      "local-workspace",
      `no deployed stack has a job ${quoteWithSuggestion(key, keys)}; there are ${keys.map(quote).join(", ")}`,
    );
  }
  io.out(`\nRun ${printable(key)}`);
  const target = WorkspaceTarget.of(
    tokenLogin(session.host, session.token),
    jobs,
    localFlags(data),
  );
  const execution: ExecutionOptions = { command: "try", format: "text" };
  return reportingErrors("text", "try", io, async () => {
    const step = stepOf({ jobId, name: key }, key);
    return showEnd(target, await execute(target, [step], execution, io), execution, io);
  });
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

/** The CLIs of CDKTF and CDKTN, by package and command. */
const CLIS = [
  ["cdktf-cli", "cdktf"],
  ["cdktn-cli", "cdktn"],
] as const;
/** Minimum Node.js version of cdktn's CLI. */
const CDKTN_NODE = [22, 19] as const;

/** How to start the project's CDKTF or CDKTN CLI: the Node.js executable and the CLI's script. */
function cdktf(): readonly [node: string, program: string] {
  const require = createRequire(join(process.cwd(), "package.json"));
  for (const [name, command] of CLIS) {
    let manifest: string;
    try {
      manifest = require.resolve(`${name}/package.json`);
    } catch {
      continue;
    }
    const { bin } = JSON.parse(readFileSync(manifest, "utf8")) as {
      bin: Readonly<Record<string, string>>;
    };
    const program = bin[command];
    if (program === undefined) continue;
    const node = name === "cdktn-cli" ? nodeFor(CDKTN_NODE) : process.execPath;
    return [node, join(manifest, "..", program)];
  }
  throw new JobstrataError(
    "local-workspace",
    "neither cdktf-cli nor cdktn-cli is installed in this project; npm install --save-dev cdktf-cli",
  );
}

/** A Node.js of at least this version: the current one or that on the PATH. @throws {JobstrataError} if there is none */
function nodeFor(least: readonly [major: number, minor: number]): string {
  if (isAtLeast(process.version, least)) return process.execPath;
  const found = spawnSync("node", ["--version"], { encoding: "utf8" });
  const version = found.status === 0 ? found.stdout.trim() : "none";
  if (isAtLeast(version, least)) return "node";
  throw new JobstrataError(
    "local-workspace",
    `cdktn-cli needs Node ${least.join(".")} or newer; this is ${process.version}, and on the PATH is ${version}`,
  );
}

/** @internal */
export function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [, ownMajor = "0", ownMinor = "0"] = /^v?(\d+)\.(\d+)/.exec(version) ?? [];
  return +ownMajor > major || (+ownMajor === major && +ownMinor >= minor);
}

/** The CLI's output without its animation and cursor movements. */
function plain(text: string): string {
  return (
    text
      // eslint-disable-next-line no-control-regex -- finding them is the point
      .replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "")
      .replace(/^[\u2800-\u28ff] .*$/gm, "")
      .replace(/\n\s*\n(\s*\n)+/g, "\n\n")
      .trim()
  );
}
