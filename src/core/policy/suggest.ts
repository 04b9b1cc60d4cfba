import { quoteWithSuggestion } from "../errors";
import { quote } from "../model/text";

/** The nearest of `candidates`, if `name` looks like a typo of it. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const all = [...candidates];
  const text = quoteWithSuggestion(name, all);
  return all.find((candidate) => text.endsWith(`(did you mean ${quote(candidate)}?)`));
}

/** A fix that names what there is: the nearest, else the first of all. @param none if there is nothing to name */
export function nameOne(name: string, candidates: Iterable<string>, none: string): string {
  const all = [...new Set(candidates)].sort();
  const near = nearest(name, all);
  if (near !== undefined) return `did you mean ${quote(near)}?`;
  if (all.length === 0) return none;
  const more = all.length > MAX_NAMES ? ", …" : "";
  return all.length === 1
    ? `the only one is ${quote(all[0] ?? "")}`
    : `name one of ${all.slice(0, MAX_NAMES).map(quote).join(", ")}${more}`;
}

const MAX_NAMES = 10;
