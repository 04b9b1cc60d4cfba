import type { SourceLocation } from "../model/source-location";
import type { Settings } from "../model/settings";

/** Lazy properties of a job or task. */
export interface Lazy {
  source?(): SourceLocation | undefined;
  settings(): Settings;
  /** See `mayHold` of `JobSpec`. */
  mayHold?(names: ReadonlySet<string>): boolean;
  /** Cached settings. */
  found?: Settings;
}

/** Property with an object's lazy state. A weak map of many objects would slow down the garbage collector. */
const LAZY = Symbol("lazy");
interface Holder {
  readonly [LAZY]: Lazy;
}

// Shared by all objects, so that they keep one hidden class: one function per object would make every access slow.
const SOURCE: PropertyDescriptor & ThisType<Holder> = {
  enumerable: true,
  get() {
    return this[LAZY].source?.();
  },
};
const SETTINGS: PropertyDescriptor & ThisType<Holder> = {
  enumerable: true,
  get() {
    const lazy = this[LAZY];
    return (lazy.found ??= lazy.settings());
  },
};
const MAY_HOLD: PropertyDescriptor & ThisType<Holder> = {
  value(names: ReadonlySet<string>): boolean {
    return this[LAZY].mayHold?.(names) ?? true;
  },
};

/**
 * Adds lazy `settings` to `spec`.
 *
 * @param hasSource whether to add a lazy `source` too
 */
export function withLazy<T extends object>(
  spec: T,
  lazy: Lazy,
  hasSource = lazy.source !== undefined,
): T & { readonly source?: SourceLocation; readonly settings: Settings } {
  // Not enumerable, so that copies have plain values.
  Object.defineProperty(spec, LAZY, { value: lazy });
  Object.defineProperty(spec, "settings", SETTINGS);
  if (lazy.mayHold !== undefined) Object.defineProperty(spec, "mayHold", MAY_HOLD);
  if (hasSource) Object.defineProperty(spec, "source", SOURCE);
  return spec as T & { readonly settings: Settings };
}

/** The properties of a job or task, without lazy ones. */
export function withoutLazy<T extends object>(spec: T): T {
  const names = Object.keys(spec).filter((name) => name !== "source" && name !== "settings");
  return Object.fromEntries(names.map((name) => [name, spec[name as keyof T]])) as T;
}
