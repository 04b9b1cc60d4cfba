import { App as CdktfApp, type AppConfig } from "cdktf";
import { JobstrataError } from "@jobstrata/core/errors";
import { mark } from "@jobstrata/core/model";
import { takeConfigurations } from "./output-folder";
import { policeAll } from "./police";
import { judgement, RULES_GIVEN, stacksOf } from "./policy-run";
import { isObject, rules as rulesShape, shown } from "./shape";
import type { Rule } from "@jobstrata/core/policy";

/** What {@link App} takes beside the options of cdktf's own. */
export interface AppProps extends AppConfig {
  /**
   * The rules of the policy.
   * @default - all rules
   */
  readonly rules?: readonly Rule[];
}

/**
 * A CDKTF app whose stacks are synthesized only if their jobs keep to the hierarchy.
 *
 * A violation in any stack makes `synth()` throw, under the CDKTF CLI as well, with every violation of every stack;
 * neither a new nor an old `cdk.tf.json` is left in the output folder then. A program that does not catch an error of
 * this library ends with its message alone, without a stack trace, and exit code 1.
 */
export class App extends CdktfApp {
  readonly #rules: readonly Rule[] | undefined;

  /** @throws JobstrataError `invalid-policy` for invalid rules */
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
   * Proves the hierarchy, then writes the configuration of all stacks.
   *
   * @throws JobstrataError `policy-violated`
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
