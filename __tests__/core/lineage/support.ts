import { dirname, resolve } from "node:path";
import { codeLineage, type LineageFiles } from "@jobstrata/core/lineage";
import type { CodeLineage } from "@jobstrata/core/model";

/** Files in memory, in one folder. */
export function filesOf(texts: Readonly<Record<string, string>>): LineageFiles {
  const files = new Map(
    Object.entries(texts).map(([name, text]) => [resolve("/project", name), text]),
  );
  return {
    read: (file) => files.get(file),
    names: (folder) => {
      const below = [...files.keys()].filter((file) => file.startsWith(`${folder}/`));
      return new Set(below.map((file) => file.slice(folder.length + 1).split("/")[0] ?? ""));
    },
    label: (file) => file.slice(dirname("/project/x").length + 1),
  };
}

/** The lineage of `main.py` or the first file. */
export function lineageOf(
  texts: Readonly<Record<string, string>>,
  named: Readonly<Record<string, string>> = {},
  positional: readonly string[] = [],
): CodeLineage {
  const [first = ""] = Object.keys(texts);
  const lineage = codeLineage(
    resolve("/project", first),
    { parameters: { named, positional } },
    filesOf(texts),
  );
  if (lineage === undefined) throw new Error(`${first} does not exist`);
  return lineage;
}

/** Accesses as text, such as `read main.silver.orders` and `merge main.gold.sales`. */
export function shown({ accesses }: CodeLineage): string[] {
  return accesses.map(({ name, write, unknown }) =>
    [write ?? "read", name, ...(unknown === undefined ? [] : [`(${unknown.join(", ")} = ?)`])].join(
      " ",
    ),
  );
}
