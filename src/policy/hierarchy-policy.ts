import { type IAspect, type ISynthesisSession, TerraformStack } from "cdktf";
import { Construct, type IConstruct } from "constructs";
import { App } from "./app";
import {
  appOf,
  pinConfig,
  PolicyRun,
  stacksOf,
  takeConfigurations,
  unpinConfig,
} from "./policy-run";
import type { Rule } from "./rule";
import { RULES } from "./rules";

/** Options of {@link HierarchyPolicy}. */
export interface HierarchyPolicyProps {
  /**
   * The rules of the policy.
   * @default - all of {@link RULES}
   */
  readonly rules?: readonly Rule[];
}

/**
 * The policy for apps that use cdktf's own `App`: `Aspects.of(stack).add(new HierarchyPolicy())`.
 *
 * However many stacks carry it, the whole app is judged, once, after the aspects of all stacks, and a violation
 * makes the synthesis throw with every violation and leaves no configuration behind. cdktf never runs the aspects of
 * an app, only those of stacks and what is below them. In the `App` of this library it changes nothing.
 */
export class HierarchyPolicy implements IAspect {
  readonly #rules: readonly Rule[];

  public constructor(props: HierarchyPolicyProps = {}) {
    this.#rules = props.rules ?? RULES;
  }

  /** Called by cdktf for every construct; the first call of a synthesis starts the policy. */
  public visit(construct: IConstruct): void {
    const { root } = construct.node;
    if (root instanceof App) return;
    const stack = TerraformStack.of(construct);
    const current = runs.get(root);
    // A stack whose aspects start once more begins another synthesis of the same app.
    const isNext = current !== undefined && (construct !== stack || current.started !== stack);
    if (isNext) return;
    this.#start(root, stack);
  }

  #start(root: IConstruct, stack: TerraformStack): void {
    unpinConfig(stack);
    const stacks = stacksOf(root);
    const run = new PolicyRun(stacks, this.#rules, stack);
    runs.set(root, run);

    const position = stacks.indexOf(stack);
    const app = appOf(root);
    const putBack = app === undefined ? undefined : takeConfigurations(app.outdir);
    // This stack is in cdktf's hands already; its custom synthesis comes after its aspects and before its writing.
    onSynthesis(stack, (session) => {
      pinConfig(stack, run.configOf(stack, session));
      putBack?.(stacks.slice(0, position), app?.hclOutput === true ? "cdk.tf" : "cdk.tf.json");
    });
    for (const later of stacks.slice(position + 1)) {
      const original = later.synthesizer;
      later.synthesizer = {
        synthesize: (session) => {
          later.synthesizer = original;
          run.synthesize(later, session, () => {
            original.synthesize(session);
          });
        },
      };
    }
  }
}

const runs = new WeakMap<IConstruct, PolicyRun>();

const HOOK_ID = "jobstrata-policy";

/** Calls `hook` when `stack` is synthesized, with the means that cdktf's assets use. */
function onSynthesis(stack: TerraformStack, hook: (session: ISynthesisSession) => void): void {
  const existing = stack.node.tryFindChild(HOOK_ID);
  const construct = existing ?? new Construct(stack, HOOK_ID);
  Object.defineProperty(construct, Symbol.for("cdktf/customSynthesis"), {
    configurable: true,
    value: { onSynthesize: hook },
  });
}
