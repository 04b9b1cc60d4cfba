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

// Everything that a synthesis needs and an import does not; loaded when the first stack is judged.

/** A stack, the configuration that Terraform would get for it, and the folder that it would run in. */
export interface StackToJudge {
  readonly stack: TerraformStack;
  readonly config: TerraformConfig;
  readonly workingDirectory: string;
}

/** Where the configuration of a synthesis goes. */
export interface Output {
  readonly outdir: string;
  /** False where nothing is written, so that nothing has to be taken back. */
  readonly isWritten: boolean;
}

/**
 * Judges stacks by rules as the project has configured them, in the folder that the app runs in.
 *
 * @param rules all of {@link RULES} by default
 * @throws {JobstrataError} `policy-violated`, `config`; no configuration is left in the output folder then
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
 * What the rules, as the project has configured them, find in stacks and nothing excuses.
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
 * Prints what is worth a look.
 *
 * @throws {JobstrataError} `policy-violated` if that is an error; no configuration is left in the output folder then
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
