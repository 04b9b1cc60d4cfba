import type { Rule } from "./rule";

/** The page of a rule, in Markdown: what it demands and why, wrong and right, how to mend it, where it comes from. */
export function rulePage({ name, summary, rationale, severity, preset, docs }: Rule): string {
  const origin =
    preset === undefined
      ? `A rule of your own, severity ${severity}.`
      : `Preset \`${preset}\`, severity ${severity}.`;
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
          "## How to mend it",
          "",
          docs.mend,
          "",
        ]),
    "## How to excuse it",
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
