/** The object without the properties that are undefined. */
export function definedOnly<T extends object>(object: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => value !== undefined),
  ) as Defined<T>;
}

/** An object whose properties have values, if they are there. */
export type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };
