import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { JobstrataError, quoteWithSuggestion } from "../errors";
import { printable, quote, systemReason } from "../model/text";
import { DEFAULT_BASELINE } from "./baseline";
import type { Config } from "./config-schema";

export type { Config, ConfigSuppression, RuleSetting } from "./config-schema";

/** A project's configuration and its file. */
export interface LoadedConfig {
  /** Undefined without a file. */
  readonly file?: string;
  readonly config: Config;
}

const FILES = ["jobstrata.config.json", "jobstrata.config.yaml", "jobstrata.config.yml"];

/** Path of a project's baseline. @default - next to its configuration */
export function baselineFile({ file, config }: LoadedConfig): string {
  return join(file === undefined ? "." : dirname(file), config.baseline ?? DEFAULT_BASELINE);
}

/**
 * A version that changes when a configuration file of the folder is added, removed or changed.
 *
 * @param others additional files, such as the baseline
 */
export function configVersion(folder: string, others: readonly string[] = []): string {
  return [...FILES.map((name) => join(folder, name)), ...others]
    .map((file) => {
      const stats = statSync(file, { throwIfNoEntry: false });
      return stats === undefined ? "" : `${stats.mtimeMs} ${stats.size}`;
    })
    .join();
}

/**
 * Reads the configuration of the project in `folder`.
 *
 * @param given the file to read, instead of searching for one
 * @param rules known rule names, so that a typo is an error
 * @throws {JobstrataError} `config` if the configuration is invalid
 */
export function loadConfig(folder: string, rules: readonly string[], given?: string): LoadedConfig {
  const found = FILES.map((name) => join(folder, name)).filter((file) => existsSync(file));
  if (given === undefined && found.length > 1)
    throw new JobstrataError("config", `there are ${found.map(quote).join(" and ")}; keep one`);
  const file = given ?? found[0];
  if (file === undefined) return { config: {} };
  let content: string;
  try {
    content = readFileSync(file, "utf8");
  } catch (error) {
    throw new JobstrataError(
      "config",
      `the configuration ${quote(file)} cannot be read: ${systemReason(error) ?? String(error)}`,
    );
  }
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- only projects with a configuration load it
  const { parseConfig } = require("./config-schema") as typeof import("./config-schema");
  const config = parseConfig(content, file);
  const named = [
    ...Object.keys(config.rules ?? {}),
    ...(config.suppressions ?? []).map(({ rule }) => rule),
  ];
  for (const name of named) {
    if (rules.includes(name)) continue;
    throw new JobstrataError(
      "config",
      `${printable(file)} has an unknown rule ${quoteWithSuggestion(name, rules)}; jobstrata rules lists them`,
    );
  }
  return { file, config };
}
