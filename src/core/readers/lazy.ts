import type { SourceLocation } from "../model/job-spec";
import type { Settings } from "../model/settings";

/** What is found of a job or a task when somebody asks for it. */
export interface Lazy {
  source?(): SourceLocation | undefined;
  settings(): Settings;
}

const lazies = new WeakMap<object, Lazy>();
const known = new WeakMap<object, Settings>();

// One function for all objects, so that they keep one shape: with one for each, every look at them is slow.
const SOURCE: PropertyDescriptor & ThisType<object> = {
  enumerable: true,
  get() {
    return lazies.get(this)?.source?.();
  },
};
const SETTINGS: PropertyDescriptor & ThisType<object> = {
  enumerable: true,
  get() {
    const before = known.get(this);
    if (before !== undefined) return before;
    const settings = lazies.get(this)?.settings() ?? {};
    known.set(this, settings);
    return settings;
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
  lazies.set(spec, lazy);
  Object.defineProperty(spec, "settings", SETTINGS);
  if (hasSource) Object.defineProperty(spec, "source", SOURCE);
  return spec as T & { readonly settings: Settings };
}
