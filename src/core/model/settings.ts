import { isObject } from "./json";

/** A value of the Jobs API. */
export type Setting = string | number | boolean | null | readonly Setting[] | Settings;

/** An object of the Jobs API: job settings or a part of them. */
export interface Settings {
  readonly [name: string]: Setting;
}

/** The value at a path such as `"sql_task", "file", "path"`; undefined if absent. */
export function settingAt(
  settings: Setting | undefined,
  ...path: readonly string[]
): Setting | undefined {
  let value = settings;
  for (const name of path) {
    if (!isSettings(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

/** The scalar value at a path as text; undefined if absent or not a scalar. */
export function textAt(
  settings: Setting | undefined,
  ...path: readonly string[]
): string | undefined {
  const value = settingAt(settings, ...path);
  return value === undefined || value === null || typeof value === "object"
    ? undefined
    : String(value);
}

export function isSettings(value: Setting | undefined): value is Settings {
  return isObject(value);
}

/** Text that is equal for equal values, independent of key order. */
export function canonical(value: Setting | undefined): string {
  if (Array.isArray(value)) return `[${(value as readonly Setting[]).map(canonical).join(",")}]`;
  if (value === undefined) return "";
  if (!isSettings(value)) return JSON.stringify(value);
  const entries = Object.keys(value)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`);
  return `{${entries.join(",")}}`;
}
