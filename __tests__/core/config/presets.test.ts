import { expandPresets } from "../../../src/core/config/presets";
import { configureRules } from "../../../src/core/policy/configure";
import { presetsOf } from "../../../src/core/policy/rule";
import { RULES } from "../../../src/core/policy/rules";

test("older names of presets keep their rules", () => {
  expect(expandPresets(["limits"])).toEqual(["correctness"]);
  expect(expandPresets(["recommended"])).toEqual(["correctness", "governance"]);
  expect(expandPresets(["spec", "limits", "recommended"])).toEqual([
    "spec",
    "correctness",
    "governance",
  ]);
});

test("correctness and spec apply without configuration, taste does not", () => {
  const applied = new Set(configureRules(RULES, {}).map(({ name }) => name));
  for (const rule of RULES) {
    const presets = presetsOf(rule);
    expect([rule.name, applied.has(rule.name)]).toEqual([
      rule.name,
      presets.includes("correctness") || presets.includes("spec"),
    ]);
    if (presets.includes("governance")) expect(presets).toEqual(["governance"]);
  }
});
