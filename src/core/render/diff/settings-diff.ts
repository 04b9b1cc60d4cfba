import type { ListShape, ObjectShape, Shape } from "../../model/job-schema";
import { isSensitive, UNKNOWN_VALUE } from "../../model/placeholder";
import {
  canonical,
  isSameSetting,
  isSettings,
  type Setting,
  type Settings,
  textAt,
} from "../../model/settings";

/** A value before and after; undefined if absent. */
export interface Sides {
  readonly before?: string;
  readonly after?: string;
}

export interface ValueChange extends Sides {
  /** Dotted path in the settings: Jobs API names and keys of list items. */
  readonly name: string;
}

/** A {@link ValueChange} before formatting. */
export interface PathChange {
  readonly path: readonly string[];
  readonly before?: Setting;
  readonly after?: Setting;
  readonly shape?: Shape;
}

/**
 * All differences between two values of a shape, each at its deepest path. Empty if and only if the values are equal.
 *
 * @param skipped dotted paths to ignore, which are compared elsewhere
 * @param isOpen whether to descend into a block that only one side has; by default it is one change
 */
export function diffSettings(
  before: Settings | undefined,
  after: Settings | undefined,
  shape: ObjectShape,
  skipped: ReadonlySet<string> = new Set(),
  isOpen: (path: readonly string[]) => boolean = () => false,
): PathChange[] {
  const changes: PathChange[] = [];
  const compare = (
    path: readonly string[],
    old: Setting | undefined,
    now: Setting | undefined,
    of: Shape | undefined,
  ): void => {
    if (skipped.has(path.join(".")) || isSameSetting(old, now)) return;
    if (isInside(old, now, of) || (isOpen(path) && isFilledBlock(old, now))) {
      const [was, is] = [membersOf(old, of), membersOf(now, of)];
      for (const name of new Set([...was.keys(), ...is.keys()]))
        compare([...path, name], was.get(name), is.get(name), memberShape(of, name));
      return;
    }
    changes.push({
      path,
      ...(old !== undefined && { before: old }),
      ...(now !== undefined && { after: now }),
      ...(of && { shape: of }),
    });
  };
  const [was, is] = [before ?? {}, after ?? {}];
  for (const name of new Set([...Object.keys(was), ...Object.keys(is)]))
    compare([name], valueOf(was, name), valueOf(is, name), shape.fields[name]);
  return changes;
}

const valueOf = (settings: Settings, name: string): Setting | undefined =>
  Object.hasOwn(settings, name) ? settings[name] : undefined;

/** Whether to descend into a value: always for maps, and for objects and keyed lists if both sides have one. */
function isInside(
  old: Setting | undefined,
  now: Setting | undefined,
  shape: Shape | undefined,
): boolean {
  const sides = [old, now].filter((side) => side !== undefined);
  if (shape?.kind === "list") {
    // With duplicate or missing keys, items cannot be matched.
    return shape.key !== undefined && sides.every((side) => hasKeys(side, shape));
  }
  if (!sides.every(isSettings)) return false;
  // An added or removed block is one change, except for maps and optional blocks.
  const isMap = shape?.kind === "map" || (shape?.kind === "object" && shape.mayBeDropped === true);
  return isMap ? sides.some((side) => !isEmpty(side)) : isBoth(sides);
}

const isBoth = (sides: readonly Settings[]): boolean =>
  sides.length === 2 && sides.every((side) => !isEmpty(side));

const isFilledBlock = (old: Setting | undefined, now: Setting | undefined): boolean => {
  const sides = [old, now].filter((side) => side !== undefined);
  return sides.every(isSettings) && sides.some((side) => !isEmpty(side));
};

const isEmpty = (settings: Settings): boolean => Object.keys(settings).length === 0;

function hasKeys(list: Setting | undefined, { key = "" }: ListShape): boolean {
  if (!Array.isArray(list)) return false;
  const keys = (list as readonly Setting[]).map((item) =>
    isSettings(item) ? item[key] : undefined,
  );
  return (
    keys.every((each) => typeof each === "string" && each !== "") &&
    new Set(keys).size === keys.length
  );
}

function membersOf(value: Setting | undefined, shape: Shape | undefined): Map<string, Setting> {
  if (value === undefined) return new Map();
  if (shape?.kind !== "list") return new Map(Object.entries(value as Settings));
  const { key = "" } = shape;
  return new Map(
    (value as readonly Settings[]).map((item) => {
      const { [key]: _, ...rest } = item;
      return [textAt(item, key) ?? "", rest];
    }),
  );
}

function memberShape(shape: Shape | undefined, name: string): Shape | undefined {
  if (shape?.kind === "list") return shape.of;
  if (shape?.kind === "object") return shape.fields[name];
  return undefined;
}

/** Formats a change. A value that is secret on one side is hidden on both. */
export function shownChange({ path, before, after, shape }: PathChange): ValueChange {
  const isSecret = [before, after].some((side) => side !== undefined && holdsSecret(side));
  const isWhole = [before, after].every((side) => side === undefined || typeof side !== "object");
  const show = (side: Setting): string => {
    // Hide whole lists, since it is unknown which items were secret before.
    if (isSecret && (isWhole || Array.isArray(side))) return SECRET;
    return settingText(side, shape);
  };
  return {
    name: shownText(path.join(".")),
    ...(before !== undefined && { before: show(before) }),
    ...(after !== undefined && { after: show(after) }),
  };
}

/** Whether a reader has masked something in a value. */
export function holdsSecret(value: Setting): boolean {
  if (typeof value === "string") return isSensitive(value) || SECRETS.test(value);
  if (Array.isArray(value)) return (value as readonly Setting[]).some(holdsSecret);
  return isSettings(value) && Object.values(value).some(holdsSecret);
}

/** Formats a setting in one line. */
function settingText(value: Setting, shape?: Shape): string {
  if (Array.isArray(value)) {
    const items = value as readonly Setting[];
    if (items.every((item) => typeof item !== "object")) {
      // Command line arguments may contain commas.
      const isSet = shape?.kind === "strings" && shape.isSet === true;
      return isSet
        ? items.map((item) => settingText(item)).join(", ")
        : shownText(JSON.stringify(items));
    }
    return items.map((item) => settingText(item)).join("; ");
  }
  if (!isSettings(value)) return shownText(typeof value === "string" ? value : canonical(value));
  const entries = Object.entries(value);
  if (entries.length === 0) return "set";
  return entries
    .map(([name, each]) => {
      const text = settingText(each);
      const isDeep = isSettings(each) && Object.keys(each).length > 1;
      return `${shownText(name)} ${isDeep ? `(${text})` : text}`;
    })
    .join(", ");
}

const SECRET = "(sensitive)";
const SECRETS = /\$\{sensitive(?: \d+)?\}/;

/** Replaces the readers' placeholders for display. */
export function shownText(text: string): string {
  if (text === UNKNOWN_VALUE) return "(known after apply)";
  return text.includes("${sensitive") ? text.replace(new RegExp(SECRETS, "g"), SECRET) : text;
}
