import { type Command, InvalidArgumentError, Option } from "commander";
import { loadConfig } from "@jobstrata/core/config";
import { RULES } from "@jobstrata/core/policy";
import type { SplitOptions } from "@jobstrata/core/split";

/** Common options of the commands that split jobs. */
export interface SplitFlags {
  readonly unit?: "notebook" | "code";
  readonly nameTemplate?: string;
  readonly jobKey: ReadonlyMap<string, string>;
  readonly keepClusterGroups?: boolean;
  readonly environmentVersion?: string;
  readonly allowUnread?: boolean;
}

/** Adds {@link SplitFlags}. */
export function addSplitFlags(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--unit <unit>",
        "what belongs to exactly one atomic job (default: as configured, else notebook)",
      ).choices(["notebook", "code"]),
    )
    .option(
      "--name-template <template>",
      "keys of new jobs (default: {job}_{task}_job, for a notebook of several jobs {notebook}_job)",
      parseTemplate,
    )
    .addOption(
      new Option("--job-key <task=key>", "key of the new job of a task; may be repeated")
        .argParser(parseJobKey)
        .default(new Map(), "by --name-template"),
    )
    .option("--keep-cluster-groups", "leave tasks that share a job cluster where they are")
    .option(
      "--environment-version <version>",
      "serverless version for notebooks without an environment_key (default: their jobs are refused)",
    )
    .option("--allow-unread", "split jobs whose notebooks are not on this machine");
}

function parseTemplate(text: string): string {
  const unknown = [...text.matchAll(/\{([^}]*)\}/g)].find(
    ([, name = ""]) => !["job", "task", "notebook"].includes(name),
  );
  if (unknown !== undefined)
    throw new InvalidArgumentError(`Use {job}, {task} and {notebook}, not ${unknown[0]}.`);
  if (!/\{(?:task|notebook)\}/.test(text))
    throw new InvalidArgumentError(
      "It needs {task} or {notebook}; otherwise all jobs would get the same key.",
    );
  return text;
}

function parseJobKey(text: string, before: ReadonlyMap<string, string>): Map<string, string> {
  const [, task = "", key = ""] = /^([^=]+)=([A-Za-z0-9_-]+)$/.exec(text) ?? [];
  if (key === "")
    throw new InvalidArgumentError(
      "Write a task key, or JOB/TASK, and a key: load=load_orders_job.",
    );
  return new Map([...before, [task, key]]);
}

/** Converts a command's options to those of the plan. @throws {JobstrataError} `config` */
export function splitOptions(flags: SplitFlags, config?: string): SplitOptions {
  const loaded = loadConfig(
    ".",
    RULES.map(({ name }) => name),
    config,
  );
  const unit = flags.unit ?? loaded.config.unit;
  return {
    ...(unit !== undefined && { unit }),
    ...(flags.nameTemplate !== undefined && { nameTemplate: flags.nameTemplate }),
    keys: flags.jobKey,
    keepClusterGroups: flags.keepClusterGroups === true,
    allowUnread: flags.allowUnread === true,
    ...(flags.environmentVersion !== undefined && {
      environmentVersion: flags.environmentVersion,
    }),
  };
}
