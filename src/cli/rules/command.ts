import type { Command } from "commander";
import { DEFAULT_PRESETS } from "@jobstrata/core/config";
import { JobstrataError, quoteWithSuggestion } from "@jobstrata/core/errors";
import { presetsOf, rulePage, RULES } from "@jobstrata/core/policy";
import { formatTable } from "@jobstrata/core/report";
import type { Io } from "../io";

/** Adds `jobstrata rules`. */
export function addRulesCommand(program: Command, io: Io): void {
  program
    .command("rules")
    .description("list the rules of the policy, or explain one")
    .argument("[name]", "name of a rule")
    .action((name: string | undefined) => {
      showRules(name, io);
    });
}

/** @throws {JobstrataError} `config` if the rule does not exist */
function showRules(name: string | undefined, io: Io): void {
  if (name === undefined) {
    const rows = RULES.map((rule) => [
      rule.name,
      presetsOf(rule).join(", "),
      rule.severity,
      rule.summary,
    ]);
    for (const line of formatTable(["rule", "preset", "severity", "what must hold"], rows))
      io.out(line);
    io.out("");
    io.out(
      `jobstrata rules NAME explains one. Without configuration, ${DEFAULT_PRESETS.join(" and ")} apply.`,
    );
    return;
  }
  const rule = RULES.find((each) => each.name === name);
  if (rule === undefined) {
    const names = RULES.map((each) => each.name);
    throw new JobstrataError(
      "config",
      `there is no rule ${quoteWithSuggestion(name, names)}; the rules are ${names.join(", ")}`,
    );
  }
  io.out(rulePage(rule).trimEnd());
}
