import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type IAspect,
  type ISynthesisSession,
  type IStackSynthesizer,
  TerraformStack,
} from "cdktf";
import { Construct, type IConstruct } from "constructs";
import type { TerraformConfig } from "@jobstrata/core/readers";
import { ENVIRONMENT, mark } from "@jobstrata/core/model";
import { App } from "./app";
import {
  appOf,
  pinConfig,
  PolicyRun,
  stacksOf,
  takeConfigurations,
  unpinConfig,
} from "./policy-run";
import { type Rule, RULES } from "@jobstrata/core/policy";

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
 * However many stacks carry it, the whole app is judged, once, by the rules of all of them, after the aspects of all
 * stacks, and a violation makes the synthesis throw with every violation and leaves no configuration behind. cdktf
 * never runs the aspects of an app, only those of stacks and what is below them. In the `App` of this library it
 * changes nothing.
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
    const current = syntheses.get(root);
    // The visit that started one synthesis comes again only in the next.
    const isNext = current !== undefined && !(current.policy === this && current.at === construct);
    if (isNext || current?.run.isJudging === true) {
      current.run.addRules(this.#rules);
      return;
    }
    current?.restore();
    this.#start(root, construct);
  }

  #start(root: IConstruct, construct: IConstruct): void {
    // Of nested stacks it is the outermost whose aspects are running.
    const stack =
      construct.node.scopes.find((scope) => TerraformStack.isStack(scope)) ??
      TerraformStack.of(construct);
    const stacks = stacksOf(root);
    const position = stacks.indexOf(stack);
    const app = appOf(root);
    // Earlier stacks are written already, and that is what has to be judged, not what became of them since.
    const taken = app === undefined ? undefined : takeConfigurations(app.outdir);
    const pathOf = (earlier: TerraformStack): string | undefined =>
      stacks.indexOf(earlier) < position
        ? app?.manifest.forStack(earlier).synthesizedStackPath
        : undefined;
    const run = new PolicyRun(stacks, this.#rules, stack, (earlier) => {
      const content = taken?.get(pathOf(earlier) ?? "");
      return content === undefined || app?.hclOutput === true
        ? undefined
        : (JSON.parse(content.toString()) as TerraformConfig);
    });
    const undo: (() => void)[] = [];
    syntheses.set(root, {
      policy: this,
      at: construct,
      run,
      restore: () => {
        unpinConfig(stack);
        for (const action of undo) action();
      },
    });

    // This stack is in cdktf's hands already; its custom synthesis comes after its aspects and before its writing.
    onSynthesis(stack, (session) => {
      pinConfig(stack, run.configOf(stack, session));
      for (const path of stacks.slice(0, position).map(pathOf)) {
        const content = path === undefined ? undefined : taken?.get(path);
        if (app !== undefined && path !== undefined && content !== undefined)
          writeFileSync(join(app.outdir, path), content);
      }
    });
    for (const later of stacks.slice(position + 1)) {
      const original = later.synthesizer;
      const judged: IStackSynthesizer = {
        synthesize: (session) => {
          later.synthesizer = original;
          run.synthesize(later, session, () => {
            original.synthesize(session);
          });
        },
      };
      later.synthesizer = judged;
      undo.push(() => {
        if (later.synthesizer === judged) later.synthesizer = original;
      });
    }
  }
}

/**
 * Says which environment a stack belongs to that was not made with a `JobEnvironment`, where its name does not say so.
 * The rules hold within an environment.
 *
 * @param name such as `prod_us`
 */
export function setEnvironment(stack: TerraformStack, name: string): void {
  mark(stack, ENVIRONMENT, name);
}

/** One synthesis of an app, started by the visit of `policy` to `at`. */
interface Synthesis {
  readonly policy: HierarchyPolicy;
  readonly at: IConstruct;
  readonly run: PolicyRun;
  /** Takes back what was changed for it, if it did not come to its end. */
  readonly restore: () => void;
}

const syntheses = new WeakMap<IConstruct, Synthesis>();

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
