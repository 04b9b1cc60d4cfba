import { type IAspect, type ISynthesisSession, TerraformStack } from "cdktf";
import { Construct, type IConstruct } from "constructs";
import { JobstrataError } from "@jobstrata/core/errors";
import { ENVIRONMENT, mark } from "@jobstrata/core/model";
import { isPolicedApp } from "./app";
import { beginRun, isPoliced, policeAll } from "./police";
import { filled, object, rules, type Shapes, shown } from "./shape";
import { appOf, judgement, pinConfig, PolicyRun, RULES_GIVEN } from "./policy-run";
import type { Rule } from "@jobstrata/core/policy";

/** Options of {@link HierarchyPolicy}. */
export interface HierarchyPolicyProps {
  /**
   * The rules of the policy.
   * @default - all rules
   */
  readonly rules?: readonly Rule[] | undefined;
}

const PROPS: Shapes<HierarchyPolicyProps> = { rules };

/**
 * The policy as an aspect, for plain cdktf stacks in a plain cdktf app: `Aspects.of(stack).add(new HierarchyPolicy())`.
 *
 * Checks the whole app once, after the aspects of all stacks, with the rules of all stacks that have the aspect. On a
 * violation, the synthesis throws an error with all violations and leaves no configuration. Add it to stacks: cdktf
 * does not run aspects of an app. An app with a `JobStack` is checked without this aspect, and with its rules if it is
 * present. In the `App` of this library, the aspect has no effect.
 */
export class HierarchyPolicy implements IAspect {
  readonly #rules: readonly Rule[];

  /** @throws {JobstrataError} `invalid-policy` for invalid rules */
  public constructor(props: HierarchyPolicyProps = {}) {
    const problem = object(PROPS)(props, "");
    if (problem !== undefined)
      throw new JobstrataError("invalid-policy", `HierarchyPolicy: ${problem}`);
    this.#rules = props.rules ?? judgement().RULES;
    mark(this, RULES_GIVEN, this.#rules);
  }

  /** Called by cdktf for every construct; the first call in an app runs the policy. */
  public visit(construct: IConstruct): void {
    const { root } = construct.node;
    // With nested stacks, cdktf is running the aspects of the outermost one.
    const stack =
      construct.node.scopes.find((scope) => TerraformStack.isStack(scope)) ??
      TerraformStack.of(construct);
    // After the first call, each stack's synthesizer runs the policy itself.
    if (isPolicedApp(root) || isPoliced(stack)) return;
    const { run, putBack } = beginRun(stack, {
      outdir: appOf(root)?.outdir,
      aspectsDone: true,
      rules: this.#rules,
    });
    policeAll(root);
    // cdktf is already synthesizing this stack. Its custom synthesis runs after its aspects and before it is written.
    onSynthesis(stack, (session) => {
      // Skip if the first call came from a test of the stack, which is not a synthesis, or if this is a later
      // synthesis.
      if (PolicyRun.of(session) !== undefined) return;
      pinConfig(stack, run.judgeFor(session).configOf(stack, session));
      putBack();
    });
  }
}

/**
 * Sets the environment of a stack that was created without a `JobEnvironment`, if the stack's name does not contain it.
 * Rules apply within an environment.
 *
 * @param name such as `prod_us`
 * @throws {JobstrataError} `invalid-environment` if the name is invalid
 */
export function setEnvironment(stack: TerraformStack, name: string): void {
  const problem = !Construct.isConstruct(stack)
    ? `the stack is ${shown(stack)}; it must be a TerraformStack`
    : filled(name, "the name");
  if (problem !== undefined)
    throw new JobstrataError("invalid-environment", `setEnvironment: ${problem}`);
  mark(stack, ENVIRONMENT, name);
}

const HOOK_ID = "jobstrata-policy";

/** Calls `hook` when `stack` is synthesized, through the same mechanism as cdktf's assets. */
function onSynthesis(stack: TerraformStack, hook: (session: ISynthesisSession) => void): void {
  const existing = stack.node.tryFindChild(HOOK_ID);
  const construct = existing ?? new Construct(stack, HOOK_ID);
  Object.defineProperty(construct, Symbol.for("cdktf/customSynthesis"), {
    configurable: true,
    value: { onSynthesize: hook },
  });
}
