import { type Command, Option } from "commander";
import { DEFAULT_DATA_DIR, type RunId, printable } from "@jobstrata/core/model";
import type { SessionOptions } from "@jobstrata/local/session";
import type { AlertsOptions } from "./alerts";
import type { OpenOptions } from "./open";
import type { SqlOptions } from "./sql";
import type { TryOptions } from "./try";
import { type Io, parseCount, parsePort, parseRunId } from "../io";
import { withLocalPackage } from "./package";
import { openCommand } from "./server-options";

/** Loaded on demand, so that other commands start faster. */
const actions = (): typeof import("./actions") =>
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  withLocalPackage(() => require("./actions") as typeof import("./actions"));

const DATA = new Option("--data <folder>", "data folder of the workspace").default(
  DEFAULT_DATA_DIR,
);
const FAULTS = new Option("--faults <file>", "faults to inject, as JSON or YAML");
const EPHEMERAL = new Option("--ephemeral", "use a temporary data folder");
const PROVIDER = new Option(
  "--provider <which>",
  "the stand-in, or the provider that Terraform installs",
)
  .choices(["local", "registry"])
  .default("local");
const LIMITS = new Option(
  "--no-limits",
  "do not enforce the service's limits of task runs at once and jobs created in an hour",
);
const EXECUTOR = new Option(
  "--executor <which>",
  "run notebooks for real or simulate them; local by default if Python is available",
).choices(["local", "simulated"]);

/** Adds `jobstrata local …`: a Databricks workspace on this machine. */
export function addLocalCommand(program: Command, io: Io): void {
  const local = program
    .command("local")
    .description("a Databricks workspace on this machine")
    .enablePositionalOptions();
  addLifecycle(local, io);
  addDeployment(local, io);
  addInspection(local, io);
}

/** Commands that start, show and stop the workspace. */
function addLifecycle(local: Command, io: Io): void {
  local
    .command("start")
    .description("start the workspace in the background")
    .addOption(DATA)
    .addOption(FAULTS)
    .addOption(EPHEMERAL)
    .addOption(EXECUTOR)
    .addOption(LIMITS)
    .option("--port <number>", "port on 127.0.0.1; any free port by default", parsePort)
    .action(async (options: SessionOptions) => {
      const { host, pid } = await actions().startInBackground(options, io);
      io.out(`The local workspace is at ${host} (process ${pid}).`);
      io.out(`See jobs and runs: ${openCommand(options)}`);
    });

  local
    .command("open")
    .description("open its jobs and runs in the browser; start the workspace if it is not running")
    .addOption(DATA)
    .addOption(EXECUTOR)
    .argument("[address]", "URL of a job or a run, as printed by the databricks command")
    .option("--run <id>", "show this run, of a job or of a task", parseRunId)
    .option("--no-browser", "only print the link")
    .action(async (address: string | undefined, options: OpenOptions) => {
      await actions().openPage(address, options, io);
    });

  local
    .command("status")
    .description("show whether the workspace is running; exit code 1 if not")
    .addOption(DATA)
    .option("--json", "print JSON")
    .action(async ({ json, ...options }: SessionOptions & { json?: boolean }) => {
      const state = await actions().status(options);
      if (json === true) io.out(JSON.stringify(state));
      else if (state.running) {
        io.out(
          `The local workspace is at ${state.host ?? ""} (process ${state.pid ?? ""}, token ${state.token ?? ""}).`,
        );
        io.out(
          `${state.jobs ?? 0} jobs, ${state.activeRuns ?? 0} active runs, data in ${printable(state.dataDir)}`,
        );
        io.out(`See jobs and runs: ${openCommand(options)}`);
      } else io.out(`No local workspace runs for ${printable(state.dataDir)}.`);
      if (!state.running) io.exitCode = 1;
    });

  local
    .command("stop")
    .description("stop the workspace and keep its data")
    .addOption(DATA)
    .action(async (options: SessionOptions) => {
      io.out(
        (await actions().stop(options))
          ? "The local workspace has stopped."
          : "No local workspace was running.",
      );
    });

  local
    .command("reset")
    .description("stop the workspace and delete its data")
    .addOption(DATA)
    .action(async (options: SessionOptions) => {
      await actions().reset(options);
      io.out("The local workspace is empty.");
    });
}

/** Commands that run others against the workspace. */
function addDeployment(local: Command, io: Io): void {
  forDeployment(local, "exec")
    .description(
      "run a command against the workspace: local exec -- npx cdktf plan alerting-dev-atomic",
    )
    .argument("<command...>")
    .passThroughOptions()
    .action(async (command: string[], options: SessionOptions) => {
      io.exitCode = await actions().exec(command, { ...options, ...actions().SERVING });
    });

  forDeployment(local, "try")
    .description("check and deploy stacks to the workspace and run a job")
    .argument("<stacks...>", "names of stacks, * for any")
    .option("--sample-data", "create the tables that the notebooks read from other layers")
    .option("--run <job>", "key of the job to run after the deployment")
    .option("--sql <file>", "SQL to run and print after a successful run")
    .option("--alerts", "after a successful run, evaluate the alerts and print those that trigger")
    .action(async (stacks: string[], options: TryOptions) => {
      io.exitCode = await actions().tryStacks(stacks, options, io);
    });
}

/** A command with the options of the workspace and of the provider that deploys to it. */
function forDeployment(local: Command, name: string): Command {
  const options = [DATA, FAULTS, EPHEMERAL, PROVIDER, EXECUTOR, LIMITS];
  return options.reduce((command, option) => command.addOption(option), local.command(name));
}

/** Commands that show what jobs have done. */
function addInspection(local: Command, io: Io): void {
  local
    .command("sql")
    .description('query the tables: local sql "SELECT * FROM main.gold.alert_configurations"')
    .addOption(DATA)
    .argument("[sql]", "statements, separated by semicolons")
    .option("-f, --file <file>", "read statements from a file; - for standard input")
    .option("--limit <rows>", "maximum rows to print of each result", parseCount, 1000)
    .addOption(
      new Option("--format <format>", "output format")
        .choices(["table", "json", "csv"])
        .default("table"),
    )
    .action(async (sql: string | undefined, options: SqlOptions) => {
      io.exitCode = await actions().runSql(sql, options, io);
    });

  local
    .command("alerts")
    .description("show SQL alerts: their states, and whom they would notify")
    .addOption(DATA)
    .option("--evaluate", "evaluate all of them first, whatever their schedules")
    .option("--json", "as JSON, with the text of each notification")
    .action(async (options: AlertsOptions) => {
      io.exitCode = await actions().showAlerts(options, io);
    });

  local
    .command("sample-data")
    .description("create the tables that the notebooks of deployed jobs read from other layers")
    .addOption(DATA)
    .action(async (options: { data?: string }) => {
      await actions().printSampleData(options, io);
    });

  local
    .command("logs")
    .description("show the output and errors of a run's tasks")
    .addOption(DATA)
    .argument("<run-id>", "id of a job run or a task run", parseRunId)
    .action(async (runId: RunId, options: { data?: string }) => {
      io.exitCode = await actions().showLogs(runId, options, io);
    });

  local
    .command("lineage")
    .description("show which tables the notebooks of runs have read and written")
    .addOption(DATA)
    .argument("[run-or-job]", "id of a run, or id, key or name of a job (default: all)")
    .addOption(
      new Option("--format <format>", "json can be given to check --lineage")
        .choices(["text", "json"])
        .default("text"),
    )
    .action((of: string | undefined, options: { data?: string; format: "text" | "json" }) => {
      actions().showLocalLineage(of, options, io);
    });
}
