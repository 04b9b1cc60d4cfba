import type { Value } from "../typed/value";

/** Props of one object in each environment. */
type ByEnvironment<T> = ReadonlyMap<string, T>;
type Props = Readonly<Record<string, Value>>;

const MAPS: ReadonlySet<string> = new Set(["tags", "jobParameters", "parameters"]);

/** A job's common props, and by prop what each environment adds or replaces. */
export function divide(all: ByEnvironment<Props>): {
  readonly base: Record<string, Value>;
  readonly overrides: Record<string, Record<string, Value>>;
} {
  const base: Record<string, Value> = {};
  const overrides: Record<string, Record<string, Value>> = {};
  for (const name of namesIn(all)) {
    const values = mapValues(all, (props) => props[name]);
    const { common, own } = MAPS.has(name) ? divideMaps(values) : divideValues(values);
    if (common !== undefined) base[name] = common;
    if (own.size > 0) overrides[name] = Object.fromEntries(own);
  }
  return { base, overrides };
}

/** The common props, and what each environment has instead or in addition. */
interface Divided {
  readonly common: Value | undefined;
  readonly own: ReadonlyMap<string, Value>;
}

function divideValues(values: ByEnvironment<Value | undefined>): Divided {
  const common = commonValue(values);
  const own = new Map<string, Value>();
  for (const [environment, value] of values)
    if (value !== undefined && JSON.stringify(value) !== JSON.stringify(common))
      own.set(environment, value);
  return { common, own };
}

/** Treats each entry of the maps separately. */
function divideMaps(values: ByEnvironment<Value | undefined>): Divided {
  const maps = mapValues(values, (value) => (value ?? {}) as Readonly<Record<string, Value>>);
  const common: Record<string, Value> = {};
  const own = new Map<string, Record<string, Value>>();
  for (const name of namesIn(maps)) {
    const entry = divideValues(mapValues(maps, (map) => map[name]));
    if (entry.common !== undefined) common[name] = entry.common;
    for (const [environment, value] of entry.own)
      own.set(environment, { ...own.get(environment), [name]: value });
  }
  return { common: Object.keys(common).length > 0 ? common : undefined, own };
}

const namesIn = (maps: ByEnvironment<Props>): Set<string> =>
  new Set([...maps.values()].flatMap((map) => Object.keys(map)));

/** The most common value, if every environment has one: an override cannot remove a prop. */
function commonValue(values: ByEnvironment<Value | undefined>): Value | undefined {
  const counts = new Map<string, { readonly value: Value; count: number }>();
  for (const value of values.values()) {
    if (value === undefined) return undefined;
    const key = JSON.stringify(value);
    const known = counts.get(key) ?? { value, count: 0 };
    known.count++;
    counts.set(key, known);
  }
  return [...counts.values()].sort((a, b) => b.count - a.count)[0]?.value;
}

export function mapValues<V, W>(map: ByEnvironment<V>, of: (value: V) => W): Map<string, W> {
  return new Map([...map].map(([key, value]) => [key, of(value)]));
}

/** One value if all environments agree, else a value for each. */
export function vary(values: ByEnvironment<Value | undefined>): Value | undefined {
  const texts = new Set([...values.values()].map((value) => JSON.stringify(value)));
  if (texts.size <= 1) return [...values.values()][0];
  return { $vary: Object.fromEntries(values) } as unknown as Value;
}

/** Applies {@link vary} to each prop. */
export function varyProps(all: ByEnvironment<Props>): Record<string, Value> {
  return Object.fromEntries(
    [...namesIn(all)].flatMap((name): [string, Value][] => {
      const value = vary(mapValues(all, (props) => props[name]));
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
