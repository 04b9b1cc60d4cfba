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

/** Whether two values are equal, in whatever order their names are: whether they have the same {@link canonical} text. */
export function isSameSetting(a: Setting | undefined, b: Setting | undefined): boolean {
  if (a === b) return true;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    const others = b as readonly Setting[];
    return (a as readonly Setting[]).every((item, at) => isSameSetting(item, others[at]));
  }
  if (!isSettings(a) || !isSettings(b)) return false;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && isSameSetting(a[name], b[name]))
  );
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
