import { distance } from "fastest-levenshtein";

/** A job has at most 1000 tasks. To compare many names with as many takes the square of it. */
const MAX_CANDIDATES = 1000;

/** The nearest of `candidates` where `name` looks like a typo of it; none of very many. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  // Of two letters, one is not a typo of the other.
  if (name.length < 3) return undefined;
  const all = [...candidates];
  if (all.length > MAX_CANDIDATES) return undefined;
  // Two letters that changed places are one slip, and so are capitals.
  const swapped = all.find((candidate) => letters(candidate) === letters(name));
  if (swapped !== undefined) return swapped;
  let best: string | undefined;
  // A suggestion that replaces every character is not a typo.
  let bestDistance = Math.min(name.length, Math.max(1, Math.floor(name.length / 3)) + 1);
  for (const candidate of all) {
    const edits = distance(name, candidate);
    if (edits < bestDistance) [best, bestDistance] = [candidate, edits];
  }
  return best;
}

/** The other names, to suggest one; none where there are too many to compare. */
export function othersOf(names: ReadonlySet<string>, own: string): string[] {
  return names.size > MAX_CANDIDATES ? [] : [...names].filter((name) => name !== own);
}

function letters(text: string): string {
  return Array.from(text.toLowerCase()).sort().join("");
}
