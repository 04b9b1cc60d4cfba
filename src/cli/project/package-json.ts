import { basename } from "node:path";
import { compare } from "@jobstrata/core/model";

/** A valid npm package name derived from the folder's name. */
export function packageName(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return name === "" ? "jobs" : name;
}

/** Dependencies in npm's order. */
export function sortedByName(
  dependencies: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(Object.entries(dependencies).sort(([a], [b]) => compare(a, b)));
}
