import { App as CdktfApp, type AppConfig } from "cdktf";
import { JobstrataError } from "@jobstrata/core/errors";
import { mark } from "@jobstrata/core/model";
import { takeConfigurations } from "./output-folder";
import { policeAll } from "./police";
import { judgement, RULES_GIVEN, stacksOf } from "./policy-run";
import { isPlainObject, rules as rulesShape, shown } from "./shape";
import type { Rule } from "@jobstrata/core/policy";

/** Options of {@link App}, in addition to cdktf's. */
export interface AppProps extends AppConfig {
  /**
   * The rules of the policy.
   * @default - all rules
   */
  readonly rules?: readonly Rule[] | undefined;
}

/**
 * A CDKTF app that is synthesized only if its jobs follow the hierarchy policy.
 *
 * On a violation in any stack, `synth()` throws an error with the violations of all stacks, also under the CDKTF CLI,
 * and leaves no `cdk.tf.json`, new or old, in the output folder. If the program does not catch the error, it prints the
 * message without a stack trace and exits with code 1.
 */
export class App extends CdktfApp {
  readonly #rules: readonly Rule[] | undefined;

  /** @throws {JobstrataError} `invalid-policy` for invalid rules */
  public constructor(props: AppProps = {}) {
    const problem = isPlainObject(props)
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
    // A construct with invalid props stops the program before the synthesis, so remove old configurations now.
    takeConfigurations(this.outdir);
  }

  /**
   * Checks the policy, then writes the configuration of all stacks.
   *
   * @throws {JobstrataError} `policy-violated`
   */
  public override synth(): void {
    takeConfigurations(this.outdir);
    // Without a stack, nothing else would run the policy.
    if (stacksOf(this).length === 0)
      judgement().judge([], this.#rules, { outdir: this.outdir, isWritten: true });
    policeAll(this);
    super.synth();
  }
}

const APP = Symbol.for("jobstrata/App");

/** True for an {@link App}, including one from another copy of this package. */
export function isPolicedApp(construct: object): boolean {
  return APP in construct;
}

/**
 * Node prints an uncaught error with the line that threw it, which is a line of this library. After the first {@link
 * App} is created, an uncaught JobstrataError prints only its message, with exit code 1. Other errors, and processes
 * with an `uncaughtException` handler, are unaffected.
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
