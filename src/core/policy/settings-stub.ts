/** The value at a path in the settings of a job or task. */
export function settingAt(settings: unknown, ...path: readonly string[]): unknown {
  let at = settings;
  for (const part of path) {
    if (typeof at !== "object" || at === null) return undefined;
    at = (at as Record<string, unknown>)[part];
  }
  return at;
}

/** The text at a path. */
export function textAt(settings: unknown, ...path: readonly string[]): string | undefined {
  const value = settingAt(settings, ...path);
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}
