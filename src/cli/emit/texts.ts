/** A bundle reference in the Databricks CLI's syntax. */
const NAME = String.raw`\p{L}[\p{L}\p{N}]*(?:[-_]+[\p{L}\p{N}]+)*`;
const REFERENCE = new RegExp(String.raw`\$\{(${NAME}(?:\.${NAME}|\[\d+\])*)\}`, "gu");
/** A reader's placeholder for a secret. */
const SECRET = /\$\{sensitive(?: \d+)?\}/g;

/** A parsed text. */
export type Part =
  | { readonly kind: "plain"; readonly text: string }
  | { readonly kind: "reference"; readonly path: string; readonly text: string }
  | { readonly kind: "secret"; readonly text: string };

/** @param hasReferences whether `${…}` is a reference in this source, as in a bundle */
export function partsOf(value: string, hasReferences: boolean): Part[] {
  const found = [
    ...[...value.matchAll(SECRET)].map(
      (match) => ({ at: match.index, kind: "secret", text: match[0], path: "" }) as const,
    ),
    ...(hasReferences
      ? [...value.matchAll(REFERENCE)].map(
          (match) =>
            ({ at: match.index, kind: "reference", text: match[0], path: match[1] ?? "" }) as const,
        )
      : []),
  ]
    .filter(({ kind, path }) => kind === "secret" || path !== "sensitive")
    .sort((a, b) => a.at - b.at);
  const parts: Part[] = [];
  let at = 0;
  for (const each of found) {
    if (each.at < at) continue;
    if (each.at > at) parts.push({ kind: "plain", text: value.slice(at, each.at) });
    parts.push(
      each.kind === "secret"
        ? { kind: "secret", text: each.text }
        : { kind: "reference", path: each.path, text: each.text },
    );
    at = each.at + each.text.length;
  }
  if (at < value.length) parts.push({ kind: "plain", text: value.slice(at) });
  return parts;
}

/** Escapes text so that Terraform takes it literally. */
export function escaped(plain: string): string {
  return plain.replaceAll("${", "$${").replaceAll("%{", "%%{");
}
