import { canonical, isSettings, type Setting, type Settings } from "@jobstrata/core/model";

/**
 * Resolved settings in which the texts that references of `symbolic` resolve to are references again.
 *
 * @param evaluate resolves the references in a text
 */
export function symbolized(
  resolved: Settings,
  symbolic: Settings,
  evaluate: (text: string) => string,
): Settings {
  return symbolizedValue(resolved, symbolic, evaluate) as Settings;
}

function symbolizedValue(
  resolved: Setting,
  symbolic: Setting | undefined,
  evaluate: (text: string) => string,
): Setting {
  if (typeof resolved === "string")
    return typeof symbolic === "string" && evaluate(symbolic) === resolved ? symbolic : resolved;
  if (Array.isArray(resolved) && Array.isArray(symbolic)) {
    const items = resolved as readonly Setting[];
    const others = symbolic as readonly Setting[];
    // Unordered lists are sorted by the written form of their items.
    const byMeaning = new Map(others.map((item) => [canonical(mapTexts(item, evaluate)), item]));
    return items.map((item, at) => {
      const same = byMeaning.get(canonical(item));
      if (same !== undefined) return same;
      return others.length === items.length ? symbolizedValue(item, others[at], evaluate) : item;
    });
  }
  if (isSettings(resolved) && isSettings(symbolic)) {
    return Object.fromEntries(
      Object.entries(resolved).map(([name, value]) => [
        name,
        symbolizedValue(
          value,
          Object.hasOwn(symbolic, name) ? symbolic[name] : undefined,
          evaluate,
        ),
      ]),
    );
  }
  return resolved;
}

/** Settings with every text replaced. */
export function mapTexts(value: Setting, of: (text: string) => string): Setting {
  if (typeof value === "string") return of(value);
  if (Array.isArray(value)) return (value as readonly Setting[]).map((each) => mapTexts(each, of));
  if (!isSettings(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, mapTexts(each, of)]),
  );
}
