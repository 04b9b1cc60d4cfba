import { App as CdktfApp, type AppConfig } from "cdktf";
import { JobstrataError } from "@jobstrata/core/errors";
import { mark } from "@jobstrata/core/model";
import { takeConfigurations } from "./output-folder";
import { policeAll } from "./police";
import { judgement, RULES_GIVEN, stacksOf } from "./policy-run";
import { isObject, rules as rulesShape, shown } from "./shape";
import type { Rule } from "@jobstrata/core/policy";

/** Options of {@link App}, in addition to those of cdktf's own. */
export interface AppProps extends AppConfig {
  /**
   * The rules of the policy.
   * @default - all rules
   */
  readonly rules?: readonly Rule[] | undefined;
}

/**
 * A CDKTF app whose stacks are synthesized only if their jobs keep to the hierarchy.
 *
 * On a violation in any stack, `synth()` throws an error with all violations of all stacks, also under the CDKTF CLI, and
 * leaves no `cdk.tf.json`, new or old, in the output folder. A program that does not catch the error ends with its message,
 * without a stack trace, and exit code 1.
 */
export class App extends CdktfApp {
  readonly #rules: readonly Rule[] | undefined;

  /** @throws {JobstrataError} `invalid-policy` for invalid rules */
  public constructor(props: AppProps = {}) {
    const problem = isObject(props)
      ? props.rules === undefined
        ? undefined
        : rulesShape(props.rules, "rules")
      : `its options are ${shown(props)}; they must be an object`;
    if (problem !== undefined) throw new JobstrataError("invalid-policy", `App: ${problem}`);
    const { rules, ...config } = props;
    super(config);
    this.#rules = rules;
    if (rules !== undefined) mark(this, RULES_GIVEN, rules);
    mark(this, APP, true);
    printUncaught();
    // A construct that refuses what it was given stops the program before the synthesis.
    takeConfigurations(this.outdir);
  }

  /**
   * Checks the hierarchy, then writes the configuration of all stacks.
   *
   * @throws {JobstrataError} `policy-violated`
   */
  public override synth(): void {
    takeConfigurations(this.outdir);
    // Without a stack, nothing would ask for the policy.
    if (stacksOf(this).length === 0)
      judgement().judge([], this.#rules, { outdir: this.outdir, isWritten: true });
    policeAll(this);
    super.synth();
  }
}

const APP = Symbol.for("jobstrata/App");

/** True for an {@link App}, also one of another copy of this package. */
export function isPolicedApp(construct: object): boolean {
  return APP in construct;
}

/**
 * Node prints an uncaught error with the line that threw it, which here is a line of this library. From the first
 * {@link App} on, an uncaught error of ours is printed as its message alone, with exit code 1. Everything else stays
 * with Node, and a process with an `uncaughtException` handler of its own keeps that.
 */
let printing = false;
function printUncaught(): void {
  if (printing) return;
  printing = true;
  process.on("uncaughtExceptionMonitor", (error: unknown) => {
    if (!(error instanceof JobstrataError) || process.listenerCount("uncaughtException") > 0)
      return;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
}
