/** Plain data in which a call represents the result of a library method. */
export type Value =
  string | number | boolean | readonly Value[] | Invocation | { readonly [name: string]: Value };

export interface Invocation {
  readonly $call: string;
  readonly args: readonly Value[];
}

/** A call of a library method. */
export const invoke = (name: string, ...args: Value[]): Invocation => ({ $call: name, args });

/** `{ [name]: value }`, or nothing if the value is undefined. */
export function optional<V extends Value>(name: string, value: V | undefined): Record<string, V> {
  return value === undefined ? {} : { [name]: value };
}

export function camelCase(name: string): string {
  return name.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
