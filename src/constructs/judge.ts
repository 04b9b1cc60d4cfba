import type { TerraformStack } from "cdktf";
import { readBaseline, baselineFile, loadConfig } from "@jobstrata/core/config";
import { JobstrataError } from "@jobstrata/core/errors";
import type { CheckedFinding } from "@jobstrata/core/model";
import {
  writeStackMetadata,
  readStackConfigs,
  type StackConfig,
  type TerraformConfig,
} from "@jobstrata/core/readers";
import { stackConfig } from "./stack-reader";
import { textReport } from "@jobstrata/core/report";
import { check, today, type Rule, RULES } from "@jobstrata/core/policy";
import { takeConfigurations } from "./output-folder";

// Code that a synthesis needs but an import does not. Loaded when the first stack is checked.

/** A stack, its Terraform configuration, and Terraform's working directory. */
export interface StackToJudge {
  readonly stack: TerraformStack;
  readonly config: TerraformConfig;
  readonly workingDirectory: string;
}

/** Destination of a synthesis. */
export interface Output {
  readonly outdir: string;
  /** Whether configurations are written and must be removed on a violation. */
  readonly isWritten: boolean;
}

/**
 * Checks stacks against the rules, as configured by the project in the app's working directory.
 *
 * @param rules @default {@link RULES}
 * @throws {JobstrataError} `policy-violated`, `config`; the output folder then contains no configuration
 */
export function judge(
  stacks: readonly StackToJudge[],
  rules: readonly Rule[] | undefined,
  output: Output,
): void {
  const read = stacks.map(stackConfig);
  report(findingsIn(read, rules, output.outdir), output);
  if (output.isWritten && stacks.length > 0) writeStackMetadata(read, output.outdir);
}

/**
 * Findings of the rules in stacks, as configured by the project, without suppressed ones.
 *
 * @throws {JobstrataError} `config`
 */
export function findingsIn(
  stacks: readonly StackConfig[],
  rules: readonly Rule[] = RULES,
  path = "cdktf.out",
): CheckedFinding[] {
  const names = new Set([...RULES, ...rules].map(({ name }) => name));
  const config = loadConfig(process.cwd(), [...names]);
  const file = baselineFile(config);
  const { findings } = check({
    readings: [
      {
        kind: "cdktf",
        path,
        graphs: readStackConfigs(stacks),
        problems: [],
        suppressions: stacks.flatMap(({ suppressions }) => suppressions),
      },
    ],
    rules,
    config,
    ruleNames: [...names],
    baseline: { file, entries: readBaseline(file) },
    today: today(),
  });
  return findings.filter(({ suppression }) => suppression === undefined);
}

/**
 * Prints the findings.
 *
 * @throws {JobstrataError} `policy-violated` if there is an error; the output folder then contains no configuration
 */
function report(findings: readonly CheckedFinding[], { outdir, isWritten }: Output): void {
  const errors = findings.filter(({ severity }) => severity === "error");
  if (errors.length > 0) {
    if (isWritten) takeConfigurations(outdir);
    throw policyViolated(errors, findings);
  }
  if (findings.length > 0) process.stderr.write(`${textReport(findings)}\n`);
}

function policyViolated(
  errors: readonly CheckedFinding[],
  findings: readonly CheckedFinding[],
): JobstrataError {
  const count = errors.length === 1 ? "1 violation" : `${errors.length} violations`;
  return new JobstrataError(
    "policy-violated",
    `${count} of the job hierarchy. No configuration was written, so there is nothing to plan.\n\n${textReport(findings)}\n`,
  );
}

export { RULES };
