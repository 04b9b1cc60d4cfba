import { join } from "node:path";
import { App, Aspects, type IAspect, type ISynthesisSession, TerraformStack } from "cdktf";
import type { IConstruct } from "constructs";
import { mark, marker } from "@jobstrata/core/model";
import type { TerraformConfig } from "@jobstrata/core/readers";
import { invokeAspects } from "./invoke-aspects";
import type { StackToJudge } from "./judge";
import type { Rule } from "@jobstrata/core/policy";

/** On a session: the {@link PolicyRun} that checks its stacks. */
const RUN = Symbol.for("jobstrata/policy-run");

/** On an app or an aspect: its rules. */
export const RULES_GIVEN = Symbol.for("jobstrata/rules");

/** Options of a {@link PolicyRun}. */
interface PolicyRunOptions {
  /** Used if neither the app nor an aspect sets rules. @default - all rules */
  readonly rules?: readonly Rule[];
  /** Stacks whose aspects cdktf has already run. @default - none */
  readonly aspectsDone?: readonly TerraformStack[];
  /** The configuration already written for a stack, if readable. @default - none */
  readonly written?: (stack: TerraformStack) => TerraformConfig | undefined;
}

/**
 * The policy in one synthesis of an app.
 *
 * cdktf handles one stack after the other: aspects, validations, writing. A policy for the whole app must run after the
 * aspects of all stacks and before any stack is written. So the first stack runs all aspects, all stacks are checked at
 * once, and then each stack writes exactly the configuration that was checked.
 */
export class PolicyRun {
  readonly #stacks: readonly TerraformStack[];
  readonly #aspectsDone: Set<TerraformStack>;
  readonly #written: PolicyRunOptions["written"];
  readonly #configs = new Map<TerraformStack, TerraformConfig>();
  readonly #rules: readonly Rule[] | undefined;

  readonly #root: IConstruct;

  /** @param root of the stacks to check */
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

  /** The policy run of `session`, if it has started. */
  public static of(session: ISynthesisSession): PolicyRun | undefined {
    return marker(session, RUN) as PolicyRun | undefined;
  }

  /** Makes this the policy run of `session`. */
  public judgeFor(session: ISynthesisSession): this {
    mark(session, RUN, this);
    return this;
  }

  /**
   * Synthesizes `stack` with `write` after the policy has passed, without running its aspects again.
   *
   * @throws {JobstrataError} `policy-violated` with the violations of all stacks; no configuration remains to be
   *   planned
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

  /** The configuration of `stack`, checked together with all other stacks. */
  public configOf(stack: TerraformStack, session?: ISynthesisSession): TerraformConfig {
    if (this.#configs.size === 0) this.#judge(session);
    const config = this.#configs.get(stack);
    if (config === undefined)
      throw new Error(`stack ${stack.node.path} was added during the synthesis`);
    return config;
  }

  /** The configurations of all stacks, whether or not they pass the policy. */
  public configurations(session?: ISynthesisSession): StackToJudge[] {
    const app = appOf(this.#root);
    // An app prepares its own stacks; in a test of one stack, nothing else does.
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

  /** The rules to check; undefined means all rules. */
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

/** Loads rules, configuration and reports on demand: importing constructs does not need them. */
export function judgement(): typeof import("./judge") {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- a synthesis cannot wait for import()
  return require("./judge") as typeof import("./judge");
}

/** The rules of the app, otherwise of all policy aspects in it; undefined if none are set. */
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

/** All stacks below `root`, in cdktf's synthesis order. */
export function stacksOf(root: IConstruct): TerraformStack[] {
  return root.node.findAll().filter((construct) => TerraformStack.isStack(construct));
}

/** Runs `action` with the aspects of `stack`, which have already run, hidden. */
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

/** Makes `stack` return the checked configuration from now on. */
export function pinConfig(stack: TerraformStack, config: TerraformConfig): void {
  stack.toTerraform = () => config;
}

/** Undoes {@link pinConfig}. */
function unpinConfig(stack: TerraformStack): void {
  delete (stack as { toTerraform?: unknown }).toTerraform;
}

/** True between {@link pinConfig} and {@link unpinConfig}. */
export function isPinned(stack: TerraformStack): boolean {
  return Object.hasOwn(stack, "toTerraform");
}

/** The app that `construct` belongs to, if it belongs to one. */
export function appOf(construct: IConstruct): App | undefined {
  const { root } = construct.node;
  return App.isApp(root) ? root : undefined;
}
