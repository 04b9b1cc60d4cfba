import { nearest } from "../nearest";
import { quote } from "../model/text";

/** Suggestions for an unknown name. */
interface Suggestion {
  /** A fix that names the nearest existing name, else the first of all names. */
  readonly fix: string;
  readonly nearest?: string;
}

/** @param none the fix if there are no names */
export function suggest(name: string, candidates: Iterable<string>, none: string): Suggestion {
  const all = [...new Set(candidates)].sort();
  const near = nearest(name, all);
  if (near !== undefined) return { fix: `did you mean ${quote(near)}?`, nearest: near };
  if (all.length === 0) return { fix: none };
  const more = all.length > MAX_NAMES ? ", …" : "";
  return {
    fix:
      all.length === 1
        ? `name ${quote(all[0] ?? "")}`
        : `name one of ${all.slice(0, MAX_NAMES).map(quote).join(", ")}${more}`,
  };
}

/** The fix of {@link suggest}. */
export function nameOne(name: string, candidates: Iterable<string>, none: string): string {
  return suggest(name, candidates, none).fix;
}

const MAX_NAMES = 10;
