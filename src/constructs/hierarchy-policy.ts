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
 * The policy for stacks of cdktf's own classes in an app of cdktf's own: `Aspects.of(stack).add(new
 * HierarchyPolicy())`.
 *
 * The whole app is checked once, with the rules of all stacks that have the aspect, after the aspects of all stacks. A
 * violation makes the synthesis throw with all violations and leaves no configuration. cdktf never runs the aspects of an
 * app, only those of stacks and what is below them. An app with a `JobStack` is checked without this aspect, and with its
 * rules if it is present; in the `App` of this library it has no effect.
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

  /** Called by cdktf for every construct; the first call in an app starts the policy. */
  public visit(construct: IConstruct): void {
    const { root } = construct.node;
    // Of nested stacks it is the outermost whose aspects are running.
    const stack =
      construct.node.scopes.find((scope) => TerraformStack.isStack(scope)) ??
      TerraformStack.of(construct);
    // From the first call on, the synthesizer of every stack asks for the policy itself.
    if (isPolicedApp(root) || isPoliced(stack)) return;
    const { run, putBack } = beginRun(stack, {
      outdir: appOf(root)?.outdir,
      aspectsDone: true,
      rules: this.#rules,
    });
    policeAll(root);
    // This stack is in cdktf's hands already; its custom synthesis comes after its aspects and before its writing.
    onSynthesis(stack, (session) => {
      // The call may have come from a test of the stack, which is no synthesis, or this is a later synthesis.
      if (PolicyRun.of(session) !== undefined) return;
      pinConfig(stack, run.judgeFor(session).configOf(stack, session));
      putBack();
    });
  }
}

/**
 * Sets the environment of a stack that was created without a `JobEnvironment`, if its name does not contain it. Rules apply
 * within an environment.
 *
 * @param name such as `prod_us`
 * @throws {JobstrataError} `invalid-environment` if that is not the name of one
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

/** Calls `hook` when `stack` is synthesized, with the means that cdktf's assets use. */
function onSynthesis(stack: TerraformStack, hook: (session: ISynthesisSession) => void): void {
  const existing = stack.node.tryFindChild(HOOK_ID);
  const construct = existing ?? new Construct(stack, HOOK_ID);
  Object.defineProperty(construct, Symbol.for("cdktf/customSynthesis"), {
    configurable: true,
    value: { onSynthesize: hook },
  });
}
