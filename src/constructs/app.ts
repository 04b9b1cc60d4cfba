import { App as CdktfApp, type AppConfig, type IStackSynthesizer } from "cdktf";
import { judge, PolicyRun, stacksOf, takeConfigurations } from "./policy-run";
import { type Rule, RULES } from "@jobstrata/core/policy";

/** What {@link App} takes beside the options of cdktf's own. */
export interface AppProps extends AppConfig {
  /**
   * The rules of the policy.
   * @default - all of {@link RULES}
   */
  readonly rules?: readonly Rule[];
}

/**
 * A CDKTF app whose stacks are synthesized only if their jobs keep to the hierarchy.
 *
 * A violation in any stack makes `synth()` throw, under the CDKTF CLI as well, with every violation of every stack;
 * neither a new nor an old `cdk.tf.json` is left in the output folder then.
 */
export class App extends CdktfApp {
  readonly #rules: readonly Rule[];

  public constructor(props: AppProps = {}) {
    const { rules, ...config } = props;
    super(config);
    this.#rules = rules ?? RULES;
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
    const stacks = stacksOf(this);
    // Without a stack, nothing would ask for the policy.
    if (stacks.length === 0) judge([], this.#rules, this.outdir);
    const run = new PolicyRun(stacks, this.#rules);
    const originals = stacks.map((stack): [typeof stack, IStackSynthesizer] => [
      stack,
      stack.synthesizer,
    ]);
    for (const [stack, original] of originals) {
      stack.synthesizer = {
        synthesize: (session) => {
          run.synthesize(stack, session, () => {
            original.synthesize(session);
          });
        },
      };
    }
    try {
      super.synth();
    } finally {
      for (const [stack, original] of originals) stack.synthesizer = original;
    }
  }
}
