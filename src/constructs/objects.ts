/** The object without undefined properties. */
export function definedOnly<T extends object>(object: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => value !== undefined),
  ) as Defined<T>;
}

/** An object whose present properties are defined. */
export type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };
