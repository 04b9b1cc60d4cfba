import { type Code, raw, text } from "./code";

/** A text of the project: Terraform expressions, and parts that only TypeScript knows. */
export type TextPart =
  { readonly terraform: string } | { readonly variable: string } | { readonly code: string };

/**
 * The code of a text.
 *
 * @param variable returns the code of a variable; without it, variables are Terraform expressions
 */
export function textCode(parts: readonly TextPart[], variable?: (name: string) => Code): Code {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) {
    if ("variable" in first && variable !== undefined) return variable(first.variable);
    if ("code" in first) return raw(first.code);
  }
  if (parts.every((part) => !("code" in part))) return text(parts.map(terraformOf).join(""));
  const body = parts
    .map((part) => ("code" in part ? `\${${part.code}}` : templateText(terraformOf(part))))
    .join("");
  return { kind: "raw", text: `\`${body}\``, isTemplate: true };
}

function templateText(plain: string): string {
  const json = JSON.stringify(plain).slice(1, -1).replaceAll('\\"', '"');
  return json
    .replaceAll("`", "\\`")
    .replaceAll("${", "\\${")
    .replaceAll("\u2028", "\\u2028")
    .replaceAll("\u2029", "\\u2029");
}

/** A part other than code, in Terraform syntax. */
export function terraformOf(part: TextPart): string {
  return "variable" in part
    ? `\${var.${part.variable}}`
    : "terraform" in part
      ? part.terraform
      : "";
}
