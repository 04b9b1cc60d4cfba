import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { App, Aspects, type ISynthesisSession, TerraformStack } from "cdktf";
// Not exported by cdktf, but the only thing that does with aspects exactly what cdktf does.
import { invokeAspects } from "cdktf/lib/synthesize/synthesizer";
import type { IConstruct } from "constructs";
import { readBaseline, baselineFile, loadConfig } from "@jobstrata/core/config";
import { JobstrataError } from "@jobstrata/core/errors";
import type { Finding } from "@jobstrata/core/model";
import {
  METADATA_FILE,
  writeStackMetadata,
  readStackConfigs,
  type StackConfig,
  type TerraformConfig,
} from "@jobstrata/core/readers";
import { stackConfig } from "./stack-reader";
import { textReport } from "@jobstrata/core/report";
import { check, today, type Rule, RULES } from "@jobstrata/core/policy";

/**
 * The policy within one synthesis of an app.
 *
 * cdktf handles one stack after the other: aspects, validations, writing. A policy over the whole app has to come
 * after the aspects of all stacks and before the writing of any. So the first stack that asks makes all aspects run,
 * everything is judged at once, and from then on each stack writes exactly the configuration that was judged.
 */
export class PolicyRun {
  readonly #aspectsDone: Set<TerraformStack>;
  readonly #configs = new Map<TerraformStack, TerraformConfig>();
  readonly #rules: Set<Rule>;
  #isJudging = false;

  /**
   * @param stacks all stacks of the app, in the order of synthesis
   * @param rules what to judge them by
   * @param started the stack whose aspects cdktf is running already, if any; those before it are written
   * @param written what was written for a stack before that, as far as it can be read
   */
  public constructor(
    private readonly stacks: readonly TerraformStack[],
    rules: readonly Rule[],
    started?: TerraformStack,
    private readonly written?: (stack: TerraformStack) => TerraformConfig | undefined,
  ) {
    this.#rules = new Set(rules);
    this.#aspectsDone = new Set(
      started === undefined ? [] : stacks.slice(0, stacks.indexOf(started) + 1),
    );
  }

  /** True while the aspects of the other stacks run. */
  public get isJudging(): boolean {
    return this.#isJudging;
  }

  /** Judges by these rules as well. */
  public addRules(rules: readonly Rule[]): void {
    for (const rule of rules) this.#rules.add(rule);
  }

  /**
   * Lets `write` synthesize `stack`, once the policy has passed, without running its aspects a second time.
   *
   * @throws JobstrataError `policy-violated` with every violation of every stack; nothing is left to plan then
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
  public configOf(stack: TerraformStack, session: ISynthesisSession): TerraformConfig {
    if (this.#configs.size === 0) this.#judge(session);
    const config = this.#configs.get(stack);
    if (config === undefined)
      throw new Error(`stack ${stack.node.path} was added during the synthesis`);
    return config;
  }

  #judge(session: ISynthesisSession): void {
    this.#isJudging = true;
    try {
      for (const stack of this.stacks) {
        if (!this.#aspectsDone.has(stack)) invokeAspects(stack);
        this.#aspectsDone.add(stack);
      }
    } finally {
      this.#isJudging = false;
    }
    const synthesized = this.stacks.map((stack) => {
      const config = this.written?.(stack) ?? (stack.toTerraform() as TerraformConfig);
      const { workingDirectory } = session.manifest.forStack(stack);
      return {
        stack,
        read: stackConfig({
          stack,
          config,
          workingDirectory: join(session.outdir, workingDirectory),
        }),
      };
    });
    const read = synthesized.map((each) => each.read);
    judge(read, [...this.#rules], session.outdir);
    writeStackMetadata(read, session.outdir);
    for (const { stack, read: each } of synthesized) this.#configs.set(stack, each.config);
  }
}

/**
 * Judges stacks by rules as the project has configured them, in the folder that the app runs in.
 *
 * @throws JobstrataError `policy-violated`, `config`; no configuration is left in `outdir` then
 */
export function judge(
  stacks: readonly StackConfig[],
  rules: readonly Rule[],
  outdir: string,
): void {
  const names = new Set([...RULES, ...rules].map(({ name }) => name));
  const config = loadConfig(process.cwd(), [...names]);
  const file = baselineFile(config);
  const { findings } = check({
    readings: [
      {
        kind: "cdktf",
        path: outdir,
        graphs: readStackConfigs(stacks),
        problems: [],
        suppressions: stacks.flatMap(({ suppressions }) => suppressions),
      },
    ],
    rules,
    config,
    ruleNames: [...names],
    baseline: { file, entries: readBaseline(file) },
    today: today(),
  });
  report(
    findings.filter(({ suppression }) => suppression === undefined),
    outdir,
  );
}

/**
 * Prints what is worth a look.
 *
 * @throws JobstrataError `policy-violated` if that is an error; no configuration is left in `outdir` then
 */
function report(findings: readonly Finding[], outdir: string): void {
  const errors = findings.filter(({ severity }) => severity === "error");
  if (errors.length > 0) {
    takeConfigurations(outdir);
    throw policyViolated(errors, findings);
  }
  if (findings.length > 0) process.stderr.write(`${textReport(findings)}\n`);
}

function policyViolated(errors: readonly Finding[], findings: readonly Finding[]): JobstrataError {
  const count = errors.length === 1 ? "1 violation" : `${errors.length} violations`;
  return new JobstrataError(
    "policy-violated",
    `${count} of the job hierarchy. No configuration was written, so there is nothing to plan.\n\n${textReport(findings)}\n`,
  );
}

/** All stacks below `root`, in the order in which cdktf synthesizes them. */
export function stacksOf(root: IConstruct): TerraformStack[] {
  return root.node.findAll().filter((construct) => TerraformStack.isStack(construct));
}

/**
 * Removes every stack's configuration from an output folder, also that of stacks which are no longer part of the
 * app, and the manifest that lists them. Whatever stops the synthesis from here on, no old file can be planned.
 *
 * @returns what was removed: the content by the path below `outdir`
 */
export function takeConfigurations(outdir: string): Map<string, Buffer> {
  const taken = new Map<string, Buffer>();
  const folder = join(outdir, "stacks");
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    for (const file of ["cdk.tf.json", "cdk.tf"]) {
      const path = join(folder, name, file);
      if (!existsSync(path)) continue;
      taken.set(join("stacks", name, file), readFileSync(path));
      rmSync(path);
    }
  }
  for (const file of ["manifest.json", METADATA_FILE]) rmSync(join(outdir, file), { force: true });
  return taken;
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

/** The app that `construct` belongs to, if it belongs to one. */
export function appOf(construct: IConstruct): App | undefined {
  const { root } = construct.node;
  return App.isApp(root) ? root : undefined;
}
