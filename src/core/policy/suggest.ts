import { nearest as nearestOf } from "../errors";
import { quote } from "../model/text";

/** The nearest of `candidates`, if `name` looks like a typo of it. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  // Of two letters, one is not a typo of the other.
  if (name.length < 3) return undefined;
  const all = [...candidates];
  if (all.length > MAX_CANDIDATES) return undefined;
  const letters = (text: string): string => Array.from(text.toLowerCase()).sort().join("");
  // Two letters that changed places are one slip, and so are capitals.
  const swapped = all.find((candidate) => letters(candidate) === letters(name));
  if (swapped !== undefined) return swapped;
  return nearestOf(name, all);
}

/** A job has at most 1000 tasks. To compare many names with as many takes the square of it. */
const MAX_CANDIDATES = 1000;

/** The other names, to suggest one; none where there are too many to compare. */
export function othersOf(names: ReadonlySet<string>, own: string): string[] {
  return names.size > MAX_CANDIDATES ? [] : [...names].filter((name) => name !== own);
}

/** A fix that names what there is: the nearest, else the first of all. @param none if there is nothing to name */
export function nameOne(name: string, candidates: Iterable<string>, none: string): string {
  const all = [...new Set(candidates)].sort();
  const near = nearest(name, all);
  if (near !== undefined) return `did you mean ${quote(near)}?`;
  if (all.length === 0) return none;
  const more = all.length > MAX_NAMES ? ", …" : "";
  return all.length === 1
    ? `name ${quote(all[0] ?? "")}`
    : `name one of ${all.slice(0, MAX_NAMES).map(quote).join(", ")}${more}`;
}

const MAX_NAMES = 10;
