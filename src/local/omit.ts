/** A copy of `value` without some of its fields. */
export function omit<T extends object, K extends keyof T>(value: T, ...fields: K[]): Omit<T, K> {
  const copy = { ...value };
  for (const field of fields) Reflect.deleteProperty(copy, field);
  return copy;
}

/** A copy of `value` with only the given fields. */
export function pick<T extends object, K extends keyof T>(
  value: T,
  fields: readonly K[],
): Partial<Pick<T, K>> {
  const copy: Partial<Pick<T, K>> = {};
  for (const field of fields) if (value[field] !== undefined) copy[field] = value[field];
  return copy;
}
