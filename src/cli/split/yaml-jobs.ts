import { pairsOf } from "../yaml-nodes";
import { valueOf, type YamlFile } from "./yaml-segments";

/** The position and value of each job in a file, by where its key or map begins. */
export function jobsOf(
  file: YamlFile,
): ReadonlyMap<number, { readonly keyStart: number; readonly node: unknown }> {
  const found = new Map<number, { readonly keyStart: number; readonly node: unknown }>();
  const root = file.document.contents;
  const holders = [
    root,
    ...pairsOf(valueOf(root, "targets")).map(({ value }) => value),
    ...pairsOf(valueOf(root, "environments")).map(({ value }) => value),
  ];
  for (const holder of holders)
    for (const { key, value } of pairsOf(valueOf(valueOf(holder, "resources"), "jobs")))
      if (key.range) found.set(key.range[0], { keyStart: key.range[0], node: value });
  return found;
}
