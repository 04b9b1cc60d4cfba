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

/** Loaded when one of them is wanted: no other command waits for it. */
const actions = (): typeof import("./actions") =>
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  withLocalPackage(() => require("./actions") as typeof import("./actions"));

/** Adds `jobstrata local …`: a Databricks workspace on this machine. */
export function addLocalCommand(program: Command, io: Io): void {
  const local = program
    .command("local")
    .description("a Databricks workspace on this machine")
    .enablePositionalOptions();
  const data = new Option("--data <folder>", "what the workspace remembers").default(
    DEFAULT_DATA_DIR,
  );
  const faults = new Option("--faults <file>", "what is to go wrong, as JSON or YAML");
  const ephemeral = new Option("--ephemeral", "remember nothing afterwards");
  const provider = new Option(
    "--provider <which>",
    "the stand-in, or the one that Terraform installs",
  )
    .choices(["local", "registry"])
    .default("local");
  const executor = new Option(
    "--executor <which>",
    "run notebooks for real on this machine, or only pretend to; local where there is a Python that can",
  ).choices(["local", "simulated"]);

  local
    .command("start")
    .description("start it in the background")
    .addOption(data)
    .addOption(faults)
    .addOption(ephemeral)
    .addOption(executor)
    .option("--port <number>", "port on 127.0.0.1; any that is free by default", parsePort)
    .action(async (options: SessionOptions) => {
      const { host, pid } = await actions().start({
        ...options,
        ...actions().SERVING,
        executor: await actions().prepareExecutor(options, io),
      });
      io.out(`The local workspace is at ${host} (process ${pid}).`);
      io.out(`See jobs and runs: ${openCommand(options)}`);
    });

  local
    .command("open")
    .description("show its jobs and runs in the browser; start it first if it does not run")
    .addOption(data)
    .addOption(executor)
    .argument("[address]", "of a job or a run, as the databricks command prints it")
    .option("--no-browser", "print the link alone")
    .action(async (address: string | undefined, options: OpenOptions) => {
      await actions().openPage(address, options, io);
    });

  local
    .command("status")
    .description("say whether it runs; exit code 1 if it does not")
    .addOption(data)
    .option("--json", "as JSON")
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
    .description("stop it; what it remembers stays")
    .addOption(data)
    .action(async (options: SessionOptions) => {
      io.out(
        (await actions().stop(options))
          ? "The local workspace has stopped."
          : "No local workspace was running.",
      );
    });

  local
    .command("reset")
    .description("stop it and delete what it remembers")
    .addOption(data)
    .action(async (options: SessionOptions) => {
      await actions().reset(options);
      io.out("The local workspace is empty.");
    });

  local
    .command("exec")
    .description("run a command in it: local exec -- npx cdktf plan alerting-dev-atomic")
    .addOption(data)
    .addOption(faults)
    .addOption(ephemeral)
    .addOption(provider)
    .addOption(executor)
    .argument("<command...>")
    .passThroughOptions()
    .action(async (command: string[], options: SessionOptions) => {
      io.exitCode = await actions().exec(command, { ...options, ...actions().SERVING });
    });

  local
    .command("try")
    .description("check, deploy stacks into it and run a job")
    .addOption(data)
    .addOption(faults)
    .addOption(ephemeral)
    .addOption(provider)
    .addOption(executor)
    .argument("<stacks...>", "names of stacks, * for any")
    .option("--sample-data", "make the tables that the notebooks read from other layers")
    .option("--run <job>", "key of the job to run when the stacks are deployed")
    .option("--sql <file>", "SQL to show the answers of when the run has succeeded")
    .option("--alerts", "evaluate the alerts when the run has succeeded; show those that trigger")
    .action(async (stacks: string[], options: TryOptions) => {
      io.exitCode = await actions().tryStacks(stacks, options, io);
    });

  local
    .command("sql")
    .description('query the tables: local sql "SELECT * FROM main.gold.alert_configurations"')
    .addOption(data)
    .argument("[sql]", "statements with semicolons between them")
    .option("-f, --file <file>", "read them from a file; - is standard input")
    .option("--limit <rows>", "how many rows of each answer to show", parseCount, 1000)
    .addOption(
      new Option("--format <format>", "how to show rows")
        .choices(["table", "json", "csv"])
        .default("table"),
    )
    .action(async (sql: string | undefined, options: SqlOptions) => {
      io.exitCode = await actions().runSql(sql, options, io);
    });

  local
    .command("alerts")
    .description("show SQL alerts: their states, and whom they would notify")
    .addOption(data)
    .option("--evaluate", "evaluate all of them first, whatever their schedules")
    .option("--json", "as JSON, with the text of each notification")
    .action(async (options: AlertsOptions) => {
      io.exitCode = await actions().showAlerts(options, io);
    });

  local
    .command("sample-data")
    .description(
      "make the tables that the notebooks read from other layers, for every deployed job",
    )
    .addOption(data)
    .action(async (options: { data?: string }) => {
      await actions().printSampleData(options, io);
    });

  local
    .command("logs")
    .description("show what the tasks of a run printed, and their errors")
    .addOption(data)
    .argument("<run-id>", "of a job's run, or of a task's", parseRunId)
    .action(async (runId: RunId, options: { data?: string }) => {
      io.exitCode = await actions().showLogs(runId, options, io);
    });
}
