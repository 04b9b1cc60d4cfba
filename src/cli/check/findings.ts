import { baselineFile, loadConfig, type LoadedConfig, readBaseline } from "@jobstrata/core/config";
import {
  byPlace,
  type CheckedFinding,
  type CheckReport,
  type Severity,
} from "@jobstrata/core/model";
import { check, configureRules, RULES, today } from "@jobstrata/core/policy";
import { analyseAhead, type Reading } from "@jobstrata/core/readers";

/** The findings of one environment, as reported by `jobstrata check`. */
export function findingsOf(readings: readonly Reading[], environment: string): CheckedFinding[] {
  return inEnvironment(judge(readings), environment);
}

/** The configuration in `file`, else that of the working folder. @throws {JobstrataError} `config` */
export const projectConfig = (file?: string): LoadedConfig =>
  loadConfig(
    ".",
    RULES.map(({ name }) => name),
    file,
  );

/** The findings, as reported by `jobstrata check`. @throws {JobstrataError} `config` */
export function judge(readings: readonly Reading[]): readonly CheckedFinding[] {
  return check(inputOf(readings, {})).findings;
}

/** Overrides the project's configuration and baseline. */
export interface CheckChoice {
  /** Configuration file. */
  readonly config?: string;
  /** Baseline file. */
  readonly baseline?: string;
  readonly failOn?: Severity;
}

/** The report of `jobstrata check`. @throws {JobstrataError} `config` */
export async function checkReadings(
  readings: readonly Reading[],
  choice: CheckChoice,
): Promise<CheckReport> {
  const input = inputOf(readings, choice);
  if (configureRules(RULES, input.config.config).some(({ usesLineage }) => usesLineage === true))
    await analyseAhead(readings.flatMap(({ graphs }) => graphs));
  const report = check(input);
  return { ...report, findings: [...report.findings].sort(byPlace) };
}

function inputOf(
  readings: readonly Reading[],
  { config: file, baseline, failOn }: CheckChoice,
): Parameters<typeof check>[0] {
  const config = projectConfig(file);
  const accepted = baseline ?? baselineFile(config);
  return {
    readings,
    rules: RULES,
    config,
    baseline: { file: accepted, entries: readBaseline(accepted) },
    today: today(),
    ...(failOn && { failOn }),
  };
}

/** The findings of an environment. One finding can belong to several environments. */
export const inEnvironment = (
  findings: readonly CheckedFinding[],
  environment: string,
): CheckedFinding[] => findings.filter(({ environments }) => environments.includes(environment));
