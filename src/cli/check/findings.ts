import { baselineFile, loadConfig, type LoadedConfig, readBaseline } from "@jobstrata/core/config";
import type { CheckedFinding } from "@jobstrata/core/model";
import { check, RULES, today } from "@jobstrata/core/policy";
import type { Reading } from "@jobstrata/core/readers";

/** The findings of one environment, as reported by `jobstrata check`. */
export function findingsOf(readings: readonly Reading[], environment: string): CheckedFinding[] {
  return inEnvironment(judge(readings), environment);
}

/** The configuration of the current folder. @throws {JobstrataError} `config` */
export const projectConfig = (): LoadedConfig =>
  loadConfig(
    ".",
    RULES.map(({ name }) => name),
  );

/** The findings, as reported by `jobstrata check`. @throws {JobstrataError} `config` */
export function judge(readings: readonly Reading[]): readonly CheckedFinding[] {
  const config = projectConfig();
  const file = baselineFile(config);
  const baseline = { file, entries: readBaseline(file) };
  return check({ readings, rules: RULES, config, baseline, today: today() }).findings;
}

/** The findings of an environment; one finding may belong to several. */
export const inEnvironment = (
  findings: readonly CheckedFinding[],
  environment: string,
): CheckedFinding[] => findings.filter(({ environments }) => environments.includes(environment));
