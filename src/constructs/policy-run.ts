import { join } from "node:path";
import { App, Aspects, type IAspect, type ISynthesisSession, TerraformStack } from "cdktf";
import type { IConstruct } from "constructs";
import { mark, marker } from "@jobstrata/core/model";
import type { TerraformConfig } from "@jobstrata/core/readers";
import { invokeAspects } from "./invoke-aspects";
import type { StackToJudge } from "./judge";
import type { Rule } from "@jobstrata/core/policy";

/** On a session: the {@link PolicyRun} that judges what it writes. */
const RUN = Symbol.for("jobstrata/policy-run");

/** On an app or an aspect: the rules that it was given. */
export const RULES_GIVEN = Symbol.for("jobstrata/rules");

/** How a run begins. */
export interface PolicyRunOptions {
  /** Where neither the app nor an aspect gives any. @default - all that there are */
  readonly rules?: readonly Rule[];
  /** Stacks whose aspects cdktf has run already. @default - none */
  readonly aspectsDone?: readonly TerraformStack[];
  /** What was written for a stack before that, as far as it can be read. @default - nothing */
  readonly written?: (stack: TerraformStack) => TerraformConfig | undefined;
}

/**
 * The policy within one synthesis of an app.
 *
 * cdktf handles one stack after the other: aspects, validations, writing. A policy over the whole app has to come
 * after the aspects of all stacks and before the writing of any. So the first stack that asks makes all aspects run,
 * everything is judged at once, and from then on each stack writes exactly the configuration that was judged.
 */
export class PolicyRun {
  readonly #stacks: readonly TerraformStack[];
  readonly #aspectsDone: Set<TerraformStack>;
  readonly #written: PolicyRunOptions["written"];
  readonly #configs = new Map<TerraformStack, TerraformConfig>();
  readonly #rules: readonly Rule[] | undefined;

  readonly #root: IConstruct;

  /** @param root what is judged: every stack below it */
  public constructor(
    root: IConstruct,
    { rules, aspectsDone = [], written }: PolicyRunOptions = {},
  ) {
    this.#root = root;

    this.#stacks = stacksOf(root);
    this.#aspectsDone = new Set(aspectsDone);
    this.#written = written;
    this.#rules = rules;
  }

  /** The run that judges what `session` writes, if it has begun. */
  public static of(session: ISynthesisSession): PolicyRun | undefined {
    return marker(session, RUN) as PolicyRun | undefined;
  }

  /** Makes this the run that judges what `session` writes. */
  public judgeFor(session: ISynthesisSession): this {
    mark(session, RUN, this);
    return this;
  }

  /**
   * Lets `write` synthesize `stack`, once the policy has passed, without running its aspects a second time.
   *
   * @throws {JobstrataError} `policy-violated` with every violation of every stack; nothing is left to plan then
   */
  public synthesize(stack: TerraformStack, session: ISynthesisSession, write: () => void): void {
    const config = this.configOf(stack, session);
    withoutAspects(stack, () => {
      pinConfig(stack, config);
      try {
        write();
      } finally {
        unpinConfig(stack);
      }
    });
  }

  /** The configuration of `stack`, judged together with that of every other stack. */
  public configOf(stack: TerraformStack, session?: ISynthesisSession): TerraformConfig {
    if (this.#configs.size === 0) this.#judge(session);
    const config = this.#configs.get(stack);
    if (config === undefined)
      throw new Error(`stack ${stack.node.path} was added during the synthesis`);
    return config;
  }

  /** The configurations of all stacks as they would be written, whatever the policy says of them. */
  public configurations(session?: ISynthesisSession): StackToJudge[] {
    const app = appOf(this.#root);
    // An app prepares its stacks itself; in a test of one stack nobody has.
    if (session === undefined || session.manifest !== app?.manifest)
      for (const stack of this.#stacks) stack.prepareStack();
    for (const stack of this.#stacks) {
      unpinConfig(stack);
      if (!this.#aspectsDone.has(stack)) invokeAspects(stack);
      this.#aspectsDone.add(stack);
    }
    const outdir = session?.outdir ?? app?.outdir ?? "cdktf.out";
    const manifest = session?.manifest ?? app?.manifest;
    return this.#stacks.map((stack) => ({
      stack,
      config: this.#written?.(stack) ?? (stack.toTerraform() as TerraformConfig),
      workingDirectory: join(
        outdir,
        manifest?.forStack(stack).workingDirectory ?? join("stacks", stack.node.id),
      ),
    }));
  }

  /** The rules to judge by; undefined for all that there are. */
  public get rules(): readonly Rule[] | undefined {
    return rulesGiven(this.#root) ?? this.#rules;
  }

  #judge(session: ISynthesisSession | undefined): void {
    const judged = this.configurations(session);
    judgement().judge(judged, this.rules, {
      outdir: session?.outdir ?? appOf(this.#root)?.outdir ?? "cdktf.out",
      isWritten: session !== undefined,
    });
    for (const { stack, config } of judged) this.#configs.set(stack, config);
  }
}

/** The rules, the configuration and the reports, which nobody needs who only imports the constructs. */
export function judgement(): typeof import("./judge") {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- a synthesis cannot wait for import()
  return require("./judge") as typeof import("./judge");
}

/** The rules that the app was given, else those of every policy aspect in it; undefined where nobody gave any. */
function rulesGiven(root: IConstruct): readonly Rule[] | undefined {
  const ofApp = marker(root, RULES_GIVEN) as readonly Rule[] | undefined;
  if (ofApp !== undefined) return ofApp;
  const given = root.node
    .findAll()
    .flatMap((construct): IAspect[] => Aspects.of(construct).all)
    .map((aspect) => marker(aspect, RULES_GIVEN) as readonly Rule[] | undefined)
    .filter((rules) => rules !== undefined);
  return given.length === 0 ? undefined : [...new Set(given.flat())];
}

/** All stacks below `root`, in the order in which cdktf synthesizes them. */
export function stacksOf(root: IConstruct): TerraformStack[] {
  return root.node.findAll().filter((construct) => TerraformStack.isStack(construct));
}

/** Runs `action` while the aspects of `stack`, which have visited it, look as if there were none. */
function withoutAspects(stack: TerraformStack, action: () => void): void {
  const silenced: Aspects[] = [];
  for (const construct of stack.node.findAll()) {
    const aspects = Aspects.of(construct);
    if (aspects.all.length === 0) continue;
    Object.defineProperty(aspects, "all", { configurable: true, get: () => [] });
    silenced.push(aspects);
  }
  try {
    action();
  } finally {
    for (const aspects of silenced) delete (aspects as { all?: unknown }).all;
  }
}

/** From now on, `stack` is what was judged. */
export function pinConfig(stack: TerraformStack, config: TerraformConfig): void {
  stack.toTerraform = () => config;
}

/** Undoes {@link pinConfig}. */
export function unpinConfig(stack: TerraformStack): void {
  delete (stack as { toTerraform?: unknown }).toTerraform;
}

/** True between {@link pinConfig} and {@link unpinConfig}: what the stack gives was judged. */
export function isPinned(stack: TerraformStack): boolean {
  return Object.hasOwn(stack, "toTerraform");
}

/** The app that `construct` belongs to, if it belongs to one. */
export function appOf(construct: IConstruct): App | undefined {
  const { root } = construct.node;
  return App.isApp(root) ? root : undefined;
}
