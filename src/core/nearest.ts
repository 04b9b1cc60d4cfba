import { distance } from "fastest-levenshtein";

/** Maximum candidates, since comparing many names is quadratic. A job has at most 1000 tasks. */
const MAX_CANDIDATES = 1000;

/** The candidate of which `name` is probably a typo; undefined if there is none, or too many candidates. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  // Names of one or two letters are too short for a guess.
  if (name.length < 3) return undefined;
  const all = [...candidates];
  if (all.length > MAX_CANDIDATES) return undefined;
  // Swapped letters and different case count as one typo.
  const swapped = all.find((candidate) => letters(candidate) === letters(name));
  if (swapped !== undefined) return swapped;
  let best: string | undefined;
  // A candidate that differs in every character is not a typo.
  let bestDistance = Math.min(name.length, Math.max(1, Math.floor(name.length / 3)) + 1);
  for (const candidate of all) {
    const edits = distance(name, candidate);
    if (edits < bestDistance) [best, bestDistance] = [candidate, edits];
  }
  return best;
}

/** The other names, as candidates for a suggestion; empty if there are too many. */
export function othersOf(names: ReadonlySet<string>, own: string): string[] {
  return names.size > MAX_CANDIDATES ? [] : [...names].filter((name) => name !== own);
}

function letters(text: string): string {
  return Array.from(text.toLowerCase()).sort().join("");
}
