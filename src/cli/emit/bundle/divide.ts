import { canonical, isSettings, type Setting, type Settings, textAt } from "@jobstrata/core/model";

/** A YAML value; undefined if absent. */
export type Yaml = Setting | undefined;

/** Lists that the Databricks CLI merges by key. `environments` is not one of them. */
const KEYED: Readonly<Record<string, string>> = {
  tasks: "task_key",
  job_clusters: "job_cluster_key",
  parameters: "name",
};

/** What all environments have in common, and what each adds. */
export function divided(values: ReadonlyMap<string, Yaml>): {
  readonly base: Yaml;
  readonly others: ReadonlyMap<string, Yaml>;
} {
  const all = [...values.values()];
  const [first] = all;
  if (first !== undefined && all.every((value) => canonical(value) === canonical(first)))
    return { base: first, others: new Map() };
  if (!all.every(isSettings)) return { base: undefined, others: values };
  const base: Record<string, Setting> = {};
  const others = new Map<string, Record<string, Setting>>();
  const add = (environment: string, name: string, value: Yaml): void => {
    if (value === undefined) return;
    const known = others.get(environment) ?? {};
    known[name] = value;
    others.set(environment, known);
  };
  for (const name of new Set(all.flatMap((value) => Object.keys(value)))) {
    const fields = new Map(
      [...values].map(([environment, value]) => [environment, (value as Settings)[name]] as const),
    );
    const key = KEYED[name];
    const part = key === undefined ? dividedField(fields) : dividedList(fields, key);
    if (part.base !== undefined) base[name] = part.base;
    for (const [environment, value] of part.others) add(environment, name, value);
  }
  return { base, others: others };
}

function dividedField(fields: ReadonlyMap<string, Yaml>): ReturnType<typeof divided> {
  const all = [...fields.values()];
  // A target cannot remove settings.
  if (all.includes(undefined)) return { base: undefined, others: fields };
  if (all.every(isSettings)) {
    const part = divided(fields);
    const isEmpty = isSettings(part.base) && Object.keys(part.base).length === 0;
    return isEmpty ? { base: undefined, others: fields } : part;
  }
  const [first] = all;
  if (all.every((value) => canonical(value) === canonical(first)))
    return { base: first, others: new Map() };
  // Scalars are replaced; lists would be appended.
  return { base: undefined, others: fields };
}

/** The common items, and what targets override in the others, by key. */
function dividedList(fields: ReadonlyMap<string, Yaml>, key: string): ReturnType<typeof divided> {
  const lists = new Map(
    [...fields].map(([environment, value]) => [environment, list(value ?? [])] as const),
  );
  const keysOf = (items: readonly Setting[]): string[] =>
    items.map((item) => textAt(item, key) ?? "");
  const all = [...lists.values()].map(keysOf);
  const [first = []] = all;
  const isAlike =
    all.every((keys) => keys.join("\0") === first.join("\0")) &&
    new Set(first).size === first.length;
  if (!isAlike || first.length === 0) return { base: undefined, others: fields };
  const base: Setting[] = [];
  const others = new Map<string, Setting[]>();
  for (const [at, name] of first.entries()) {
    const items = new Map(
      [...lists].map(([environment, each]) => [environment, each[at]] as const),
    );
    const part = divided(items);
    base.push(isSettings(part.base) ? { ...part.base, [key]: name } : { [key]: name });
    for (const [environment, value] of part.others) {
      if (!isSettings(value)) continue;
      const known = others.get(environment) ?? [];
      known.push({ [key]: name, ...value });
      others.set(environment, known);
    }
  }
  return { base, others: others };
}

/** The items of a list; a scalar is a list of one. */
export function list(value: Setting): readonly Setting[] {
  return Array.isArray(value) ? (value as readonly Setting[]) : [value];
}
