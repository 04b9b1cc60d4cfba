import { JobstrataError, quoteWithSuggestion } from "../errors";
import { quote } from "../model/text";
import type { Config } from "../config/config";
import type { CheckedRule } from "../model/check-report";
import { rulePage } from "./rule-page";
import { DEFAULT_PRESETS, expandPresets } from "../config/presets";
import { presetsOf, type Rule, type RuleOptions } from "./rule";

/** A rule as configured by a project. */
export interface ConfiguredRule extends Rule {
  /** Whether its findings may be suppressed at all. */
  readonly suppressible: boolean;
}

/**
 * The rules that apply, with configured severities and options. A rule applies if an active preset or the configuration names it,
 * or if it belongs to no preset, as custom rules do.
 */
export function configureRules(rules: readonly Rule[], config: Config): ConfiguredRule[] {
  const presets = expandPresets(config.presets ?? DEFAULT_PRESETS);
  return rules.flatMap((rule): ConfiguredRule[] => {
    const entry = config.rules?.[rule.name];
    const settings = typeof entry === "string" ? { severity: entry } : (entry ?? {});
    const { severity, suppressible = true, ...own } = settings;
    const applies =
      entry !== undefined ||
      rule.preset === undefined ||
      presetsOf(rule).some((preset) => presets.includes(preset));
    for (const name of Object.keys(own)) refuseUnknown(rule, name);
    if (!applies || severity === "off") return [];
    const options: RuleOptions = {
      ...(config.unit !== undefined && { unit: config.unit }),
      ...own,
      ...(config.cloud !== undefined && { cloud: config.cloud }),
    };
    return [
      {
        ...rule,
        severity: severity ?? rule.severity,
        suppressible,
        check: (graph) => rule.check(graph, options),
      },
    ];
  });
}

/** A typo must not silently leave a rule unconfigured. */
function refuseUnknown({ name: rule, preset, options = [] }: Rule, name: string): void {
  if (preset === undefined || options.includes(name)) return;
  const known = ["severity", "suppressible", ...options];
  throw new JobstrataError(
    "config",
    `the configuration of rule ${quote(rule)} has ${quoteWithSuggestion(name, known)}; there is ${known.join(", ")}`,
  );
}

/** The description of a rule for reports. */
export function describeRule(rule: Rule): CheckedRule {
  const { name, summary, rationale, severity } = rule;
  const help = `jobstrata rules ${name}`;
  return {
    name,
    summary,
    rationale,
    severity,
    presets: presetsOf(rule),
    help,
    page: rulePage(rule),
  };
}
