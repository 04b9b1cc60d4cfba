import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { JobstrataError } from "@jobstrata/core/errors";
import { DEFAULT_DATA_DIR, printable, quote, type SourceKind } from "@jobstrata/core/model";
import { outputFolder, WorkspaceError, type WorkspaceHttp } from "@jobstrata/run";
import { counted } from "@jobstrata/core/report";
import { diffOf, writeFixes } from "../check/fix";
import { parseOutput, writeReport } from "../check/outputs";
import { currentUser, type CurrentUser } from "../import/remote-state";
import { Interrupts } from "../interrupts";
import type { Io } from "../io";
import { sayProblems } from "../sources/graphs";
import { styleFor } from "../terminal";
import { Audit } from "./audit";
import type { Code } from "./code";
import { DRIFT_FORMATS, type DriftFormat, KINDS } from "./formats";
import { LiveJobs } from "./live-jobs";
import { readCode } from "./read-code";
import { DRIFT_KINDS, type DriftKind, type DriftReport, exitCodeOf } from "./report";
import { openWorkspace } from "./workspace";

/** Options of `jobstrata drift`. */
interface DriftOptions {
  readonly target?: string;
  readonly source?: SourceKind;
  readonly python?: boolean;
  readonly local?: boolean;
  readonly data?: string;
  readonly failOn: ReadonlySet<DriftKind>;
  readonly format: DriftFormat;
  readonly output: readonly string[];
  readonly all?: boolean;
  readonly state: readonly string[];
  /** `--no-states`. */
  readonly states: boolean;
  /** `--no-permissions`. */
  readonly permissions: boolean;
  readonly resume?: boolean;
  readonly accept?: boolean;
  readonly dryRun?: boolean;
}

const FORMATS = Object.keys(DRIFT_FORMATS) as DriftFormat[];
/** Unmanaged jobs do not fail by default: a workspace usually has jobs from other projects. */
const DEFAULT_FAIL_ON = DRIFT_KINDS.filter((kind) => kind !== "unmanaged");

/** Adds `jobstrata drift`. */
export function addDriftCommand(program: Command, io: Io): void {
  const collect = (value: string, before: readonly string[]): string[] => [...before, value];
  program
    .command("drift")
    .description("compare the jobs of a workspace with their code; changes nothing")
    .argument("[path]", "a bundle, an app or cdktf.out, or the JSON of terraform show", ".")
    .option("-t, --target <name>", "target of the bundle, or environment of the app")
    .addOption(
      new Option("--source <kind>", "the kind of source, if it can't be detected").choices([
        "cdktf",
        "terraform",
        "bundle",
      ]),
    )
    .option("--python", "run the Python code of a bundle that defines jobs (databricks-bundles)")
    .option("--local", "compare with the local workspace")
    .option("--data <folder>", "data folder of the local workspace")
    .addOption(
      new Option(
        "--fail-on <kinds>",
        `exit with 1 for these kinds, separated by commas: ${DRIFT_KINDS.join(", ")}; or for a severity (error, warning, info) and above; or none`,
      )
        .argParser(parseFailOn)
        .default(new Set(DEFAULT_FAIL_ON), "all but unmanaged"),
    )
    .addOption(new Option("--format <format>", "what to print").choices(FORMATS).default("text"))
    .addOption(
      new Option("--output <[format=]file>", "write a report to a file; may be repeated")
        .argParser(collect)
        .default([], "none"),
    )
    .option("--all", "also list jobs that are equal, and values that the platform gave")
    .addOption(
      new Option(
        "--state <file>",
        "take the ids of jobs from this state of a bundle; may be repeated",
      )
        .argParser(collect)
        .default([], "those beside the bundle and in the workspace"),
    )
    .option("--no-states", "find jobs by their names only")
    .option("--no-permissions", "leave out permissions, which take a request for each job")
    .option(
      "--accept",
      "write live values into the YAML of a bundle; for an app, show what to change in its code",
    )
    .option(
      "--dry-run",
      "with --accept: print the changes as a diff instead of writing them and printing the report",
    )
    .option("--resume", "continue an audit that was interrupted in the last hour")
    .action(async (path: string, options: DriftOptions) => {
      io.exitCode = await runDrift(path, options, io);
    });
}

function parseFailOn(text: string): ReadonlySet<DriftKind> {
  if (text === "none") return new Set();
  if (text === "all") return new Set(DRIFT_KINDS);
  const severities = ["error", "warning", "info"];
  return new Set(
    text.split(",").flatMap((word): DriftKind[] => {
      const name = word.trim();
      const kind = DRIFT_KINDS.find((each) => each === name);
      if (kind !== undefined) return [kind];
      const least = severities.indexOf(name);
      if (least >= 0)
        return DRIFT_KINDS.filter((each) => severities.indexOf(KINDS[each].severity) <= least);
      throw new InvalidArgumentError(
        `Allowed are ${DRIFT_KINDS.join(", ")}, error, warning, info, all and none.`,
      );
    }),
  );
}

/** Compares code with a workspace. @throws {JobstrataError} `source`, `authentication`, `config` */
async function runDrift(path: string, options: DriftOptions, io: Io): Promise<number> {
  const outputs = options.output.map((output) => parseOutput(output, options.format, FORMATS));
  if (options.dryRun === true && options.accept !== true)
    throw new JobstrataError("config", "--dry-run needs --accept");
  const source = codePath(path, options);
  if (source !== path) sayIfOlder(source, io);
  const code = readCode(source, {
    ...options,
    states: options.state,
  });
  if (options.accept === true && code.kind === "terraform") {
    throw new JobstrataError(
      "config",
      "--accept needs the code itself: a bundle, or an app; a state only says what was deployed",
    );
  }
  if (options.state.length > 0 && code.kind !== "bundle")
    throw new JobstrataError(
      "config",
      "--state names the state of a bundle; for an app, give the output of terraform show -json in place of the app",
    );
  sayProblems([code.reading], io);
  const report = { ...(await audited(code, options, io)), failOn: options.failOn };
  const { all = false } = options;
  for (const { format, file } of outputs) writeReport(file, DRIFT_FORMATS[format](report, { all }));
  const isDiff = code.kind === "bundle" && options.dryRun === true;
  if (!isDiff && !outputs.some(({ isMain }) => isMain))
    io.out(DRIFT_FORMATS[options.format](report, { style: styleFor(), all }).trimEnd());
  return exitCodeOf(report);
}

/** With `--local`, prefers the stacks synthesized for the local workspace. */
function codePath(path: string, { local, data = DEFAULT_DATA_DIR, source }: DriftOptions): string {
  if (local !== true || path !== "." || source === "bundle") return path;
  const outdir = join(data, "cdktf.out");
  return existsSync(join(outdir, "manifest.json")) ? outdir : path;
}

/** Says that the app was synthesized after its last deployment to the local workspace. */
function sayIfOlder(deployed: string, io: Io): void {
  const [own, local] = [outputFolder(), deployed].map((folder) =>
    statSync(join(folder, "manifest.json"), { throwIfNoEntry: false }),
  );
  if (own === undefined || local === undefined || own.mtimeMs <= local.mtimeMs) return;
  io.err(
    "comparing the code as last deployed to the local workspace; the app has been synthesized since, so deploy it first (npx jobstrata local try), or compare it with npx jobstrata changed workspace --local",
  );
}

async function audited(
  code: Code,
  options: DriftOptions,
  io: Io,
): Promise<Omit<DriftReport, "failOn">> {
  const workspace = await openWorkspace(code, options, io);
  let live: LiveJobs | undefined;
  let isDone = false;
  const canResume = (): boolean => live !== undefined && live.size > 0 && live.isKept;
  // The file already contains everything read so far.
  const interrupts = new Interrupts(
    () => {
      io.err(`Stopped jobstrata drift${canResume() ? "; --resume continues from here" : ""}`);
      live?.close(true);
      process.exit(interrupts.exitCode);
    },
    () => undefined,
  );
  try {
    const { client } = workspace;
    const me = await identityOf(code, client.http);
    live = openLive(code, client.http.host, me, options, io);
    const audit = new Audit(code, client, live, {
      useStates: options.states,
      usePermissions: options.permissions,
      notes: (note) => {
        io.err(printable(note));
      },
      user: me?.resolve ?? ((text) => text),
    });
    let report = await audit.run();
    if (options.accept === true) report = await accepted(code, audit, report, live, options, io);
    isDone = true;
    return report;
  } catch (error) {
    if (!(error instanceof WorkspaceError)) throw error;
    throw new JobstrataError(
      "source",
      `the workspace cannot be read: ${error.message}${canResume() ? "; --resume continues from here" : ""}`,
    );
  } finally {
    interrupts.stop();
    live?.close(!isDone);
    await workspace.close();
  }
}

/** Who is logged in. Only bundles need it, for names; undefined if the login may not ask. */
async function identityOf(code: Code, http: WorkspaceHttp): Promise<CurrentUser | undefined> {
  try {
    return await currentUser(http);
  } catch (error) {
    if (!(error instanceof WorkspaceError) || error.transient || code.kind === "bundle")
      throw error;
    return undefined;
  }
}

/**
 * Opens the data of the audit. Another identity may see other jobs and permissions, so each one has its own; without a known
 * identity, nothing is kept.
 */
function openLive(
  { path, target }: Code,
  host: string,
  me: CurrentUser | undefined,
  { resume = false }: DriftOptions,
  io: Io,
): LiveJobs {
  const user = me?.userName ?? "";
  const name = user === "" ? undefined : [host, user, path, target, process.cwd()].join("\n");
  const live = LiveJobs.open(name, resume);
  if (resume && live.next === undefined && live.size === 0)
    io.err(
      user === ""
        ? "Nothing to resume: the workspace does not tell who is logged in; starting from the beginning"
        : `Nothing to resume: ${printable(user)} has no audit that was interrupted in the last hour; starting from the beginning`,
    );
  return live;
}

/** Accepts live values into the code. @returns the remaining drift */
async function accepted(
  code: Code,
  audit: Audit,
  report: Omit<DriftReport, "failOn">,
  live: LiveJobs,
  options: DriftOptions,
  io: Io,
): Promise<Omit<DriftReport, "failOn">> {
  const { acceptLive, typescriptChanges } =
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- few need it
    require("./accept") as typeof import("./accept");
  if (code.kind !== "bundle") {
    const lines = typescriptChanges(report.jobs);
    if (lines.length > 0)
      io.err(["Change in the code (docs/fields.md has the props):", ...lines].join("\n  "));
    return report;
  }
  const reread = (contents: ReadonlyMap<string, string>): Audit =>
    audit.of(
      readCode(code.path, { ...options, target: code.target, states: options.state, contents }),
    );
  const { files, left } = await acceptLive({
    file: code.path,
    target: code.target,
    jobs: report.jobs,
    liveJob: (id) => live.job(id),
    keys: new Map(
      report.jobs.flatMap(({ key, jobId }) => (jobId === undefined ? [] : [[jobId, key] as const])),
    ),
    compare: async (contents) => (await reread(contents).run()).jobs,
  });
  for (const line of left) io.err(`Not accepted: ${line}`);
  if (options.dryRun === true) {
    if (files.length > 0) io.out(diffOf(files));
    return report;
  }
  if (files.length === 0) return report;
  writeFixes(files);
  const changes = files.reduce((sum, { changes: count }) => sum + count, 0);
  const others = code.reading.graphs.map(({ environment }) => environment);
  const shared = others.filter((name) => name !== code.target).map(quote);
  io.err(
    `Wrote ${counted(changes, "value")} to ${counted(files.length, "file")}.${shared.length === 0 ? "" : ` Other targets (${shared.join(", ")}) get the same values unless they override them.`}`,
  );
  return reread(new Map()).run();
}
