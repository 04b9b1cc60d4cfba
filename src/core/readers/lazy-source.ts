import type { SourceLocation } from "../model/job-spec";

const locators = new WeakMap<object, () => SourceLocation | undefined>();

/** One function for all, so that all objects keep one shape: with one for each, every look at them is slow. */
const LAZY: PropertyDescriptor & ThisType<object> = {
  enumerable: true,
  get() {
    return locators.get(this)?.();
  },
};

/** `spec` with a `source` that is found when somebody asks for it. */
export function withLazySource<T extends object>(
  spec: T,
  locate: () => SourceLocation | undefined,
): T & { readonly source?: SourceLocation } {
  locators.set(spec, locate);
  return Object.defineProperty(spec, "source", LAZY);
}
