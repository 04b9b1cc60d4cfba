import type { SourceLocation } from "../model/job-spec";
import type { Settings } from "../model/settings";

/** What is found of a job or a task when somebody asks for it. */
export interface Lazy {
  source?(): SourceLocation | undefined;
  settings(): Settings;
  /** As of a job: see `mayHold` of a `JobSpec`. */
  mayHold?(names: ReadonlySet<string>): boolean;
  /** The settings, once they have been found. */
  found?: Settings;
}

/** Where an object keeps what is lazy of it. A weak map of very many objects costs the garbage collector much more. */
const LAZY = Symbol("lazy");
interface Holder {
  readonly [LAZY]: Lazy;
}

// One function for all objects, so that they keep one shape: with one for each, every look at them is slow.
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
 * `spec` with `settings` that are found when somebody asks for them.
 *
 * @param hasSource it has a `source`, too
 */
export function withLazy<T extends object>(
  spec: T,
  lazy: Lazy,
  hasSource = lazy.source !== undefined,
): T & { readonly source?: SourceLocation; readonly settings: Settings } {
  // Not enumerable: a copy has the values.
  Object.defineProperty(spec, LAZY, { value: lazy });
  Object.defineProperty(spec, "settings", SETTINGS);
  if (lazy.mayHold !== undefined) Object.defineProperty(spec, "mayHold", MAY_HOLD);
  if (hasSource) Object.defineProperty(spec, "source", SOURCE);
  return spec as T & { readonly settings: Settings };
}
