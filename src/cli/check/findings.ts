import { baselineFile, loadConfig, readBaseline } from "@jobstrata/core/config";
import type { CheckedFinding } from "@jobstrata/core/model";
import { check, RULES, today } from "@jobstrata/core/policy";
import type { Reading } from "@jobstrata/core/readers";

/** What the policy finds in one environment, as `jobstrata check` would say it. */
export function findingsOf(readings: readonly Reading[], environment: string): CheckedFinding[] {
  return inEnvironment(judge(readings), environment);
}

/** What the policy finds, as `jobstrata check` would say it. @throws JobstrataError `config` */
export function judge(readings: readonly Reading[]): readonly CheckedFinding[] {
  const config = loadConfig(
    ".",
    RULES.map(({ name }) => name),
  );
  const file = baselineFile(config);
  const baseline = { file, entries: readBaseline(file) };
  return check({ readings, rules: RULES, config, baseline, today: today() }).findings;
}

/** Those that an environment has; one mistake may be in several. */
export const inEnvironment = (
  findings: readonly CheckedFinding[],
  environment: string,
): CheckedFinding[] =>
  findings.filter((finding) => finding.environment?.split(", ").includes(environment));
