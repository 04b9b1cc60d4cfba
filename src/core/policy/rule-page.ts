import { presetsOf, type Rule } from "./rule";

/** The Markdown page of a rule: summary, rationale, wrong and right example, fix, source. */
export function rulePage(rule: Rule): string {
  const { name, summary, rationale, severity, docs } = rule;
  const presets = presetsOf(rule);
  const origin =
    rule.preset === undefined
      ? `A custom rule, severity ${severity}.`
      : presets.length === 0
        ? `In no preset: it applies where the configuration names it. Severity ${severity}.`
        : `${presets.length === 1 ? "Preset" : "Presets"} ${presets.map((preset) => `\`${preset}\``).join(" and ")}, severity ${severity}.`;
  const yaml = (text: string): string[] => ["```yaml", text, "```", ""];
  return [
    `# ${name}`,
    "",
    summary,
    "",
    origin,
    "",
    "## Why",
    "",
    rationale,
    "",
    ...(docs === undefined
      ? []
      : [
          "## Wrong",
          "",
          ...yaml(docs.wrong),
          "## Right",
          "",
          ...yaml(docs.right),
          "## How to fix it",
          "",
          docs.fix,
          "",
        ]),
    "## How to suppress it",
    "",
    "Beside the job or task, in the YAML of a bundle:",
    "",
    ...yaml(`# jobstrata-ignore ${name}: why it does not hold here`),
    `In an app: \`suppressFinding(job, { rule: "${name}", reason: "…" })\`. For a whole project, in \`jobstrata.config.yaml\`:`,
    "",
    ...yaml(`rules:\n  ${name}: off`),
    ...(docs === undefined ? [] : ["## Source", "", `${docs.source}.`, ""]),
  ].join("\n");
}
