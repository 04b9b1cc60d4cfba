import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { IStackSynthesizer, ISynthesisSession, TerraformStack } from "cdktf";
import type { IConstruct } from "constructs";
import type { TerraformConfig } from "@jobstrata/core/readers";
import { takeConfigurations } from "./output-folder";
import { appOf, isPinned, PolicyRun, stacksOf } from "./policy-run";
import type { Rule } from "@jobstrata/core/policy";

/** Marks a synthesizer that writes only configurations that passed the policy. */
const POLICED = Symbol.for("jobstrata/policed");

/**
 * Runs the policy before `stack` is synthesized, whether the whole app is synthesized or a test synthesizes this stack.
 */
export function police(stack: TerraformStack): void {
  if (isPoliced(stack)) return;
  const original = stack.synthesizer;
  const policed: IStackSynthesizer & { readonly [POLICED]: true } = {
    [POLICED]: true,
    synthesize: (session: ISynthesisSession) => {
      let run = PolicyRun.of(session);
      if (run === undefined) {
        const begun = beginRun(stack, { outdir: session.outdir });
        run = begun.run.judgeFor(session);
        run.configOf(stack, session);
        begun.putBack();
      }
      run.synthesize(stack, session, () => {
        original.synthesize(session);
      });
    },
  };
  stack.synthesizer = policed;
}

/**
 * Starts a policy run at `stack`. Stacks before it have already written their configurations, and the run checks these
 * files instead of the stacks' current state.
 *
 * @returns the run, and a function that restores the earlier stacks' files after the check
 */
export function beginRun(
  stack: TerraformStack,
  options: {
    readonly outdir: string | undefined;
    /** Whether cdktf has already run the aspects of `stack`. */
    readonly aspectsDone?: boolean;
    readonly rules?: readonly Rule[];
  },
): { readonly run: PolicyRun; readonly putBack: () => void } {
  const { outdir, aspectsDone = false, rules } = options;
  const { root } = stack.node;
  const stacks = stacksOf(root);
  const app = appOf(root);
  const taken = outdir === undefined ? undefined : takeConfigurations(outdir);
  const earlier = new Map<TerraformStack, { readonly path: string; readonly content: Buffer }>();
  for (const each of stacks.slice(0, stacks.indexOf(stack))) {
    const path = app?.manifest.forStack(each).synthesizedStackPath ?? "";
    const content = taken?.get(path);
    if (content !== undefined && !isPoliced(each)) earlier.set(each, { path, content });
  }
  const run = new PolicyRun(root, {
    ...(rules !== undefined && { rules }),
    aspectsDone: [...earlier.keys(), ...(aspectsDone ? [stack] : [])],
    written: (each) => {
      const content = app?.hclOutput === true ? undefined : earlier.get(each)?.content;
      return content === undefined
        ? undefined
        : (JSON.parse(content.toString()) as TerraformConfig);
    },
  });
  const putBack = (): void => {
    if (outdir === undefined) return;
    for (const { path, content } of earlier.values()) writeFileSync(join(outdir, path), content);
  };
  return { run, putBack };
}

/** {@link police} for every stack below `root`, so that the first synthesized stack has all of them checked. */
export function policeAll(root: IConstruct): void {
  for (const stack of stacksOf(root)) police(stack);
}

/** True after {@link police} was called for a stack. */
export function isPoliced(stack: TerraformStack): boolean {
  return POLICED in stack.synthesizer;
}

/**
 * {@link police}, plus a validation for callers that validate a stack without synthesizing it, such as
 * `Testing.synth(stack, true)`.
 */
export function policeFromBirth(stack: TerraformStack): void {
  police(stack);
  stack.node.addValidation({
    validate: () => {
      if (isPinned(stack)) return [];
      new PolicyRun(stack.node.root, { aspectsDone: [stack] }).configOf(stack);
      return [];
    },
  });
}
