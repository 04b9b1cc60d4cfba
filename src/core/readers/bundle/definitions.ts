import type { JobSpec } from "../../model/job-spec";
import { quote } from "../../model/text";
import { type Merger, valueAt } from "./merge";
import type { Problems } from "./problems";
import { EMPTY, isValueMap, type Places, type Value, type ValueMap } from "./yaml-file";

/** The resources in the files of a bundle, and keys that are used several times. */
export class Definitions {
  /** Further definitions of jobs that are already defined. */
  readonly #duplicates = new Map<string, JobSpec["duplicates"]>();

  readonly #places: Places;
  readonly #merger: Merger;
  readonly #problems: Problems;
  readonly #jobId: (key: string) => string;

  public constructor(
    places: Places,
    merger: Merger,
    problems: Problems,
    jobId: (key: string) => string,
  ) {
    this.#places = places;
    this.#merger = merger;
    this.#problems = problems;
    this.#jobId = jobId;
  }

  public duplicatesOf(key: string): JobSpec["duplicates"] {
    return this.#duplicates.get(key) ?? [];
  }

  /** Adds the definitions of a file. Keeps a second definition of a resource apart, which the Databricks CLI rejects. */
  public join(config: ValueMap, more: ValueMap): ValueMap {
    const before = config.resources;
    const resources = more.resources;
    if (!isValueMap(before) || !isValueMap(resources))
      return this.#merger.merge(config, more) as ValueMap;
    // Extend the maps in place: merging 10 000 files one by one would copy them each time.
    const known = before as Record<string, Value>;
    for (const [type, entries] of Object.entries(resources)) {
      const all = known[type] as Record<string, Value> | null | undefined;
      if (!isValueMap(entries) || !isValueMap(all)) {
        known[type] = this.#merger.merge(all, entries, `resources.${type}`, {
          map: resources,
          key: type,
        });
        continue;
      }
      for (const [key, entry] of Object.entries(entries)) {
        if (!Object.hasOwn(all, key)) all[key] = entry;
        else if (type === "jobs") {
          const source = isValueMap(entry) ? this.#places.locationOf(entry) : undefined;
          const other = { id: this.#jobId(key), ...(source !== undefined && { source }) };
          this.#duplicates.set(key, [...this.duplicatesOf(key), other]);
        } else {
          this.#doubled(
            `resources.${type}.${key}`,
            all[key],
            isValueMap(entry) ? entry : entries,
            key,
          );
        }
      }
    }
    const { resources: _, ...rest } = more;
    if (Object.keys(rest).length === 0) return config;
    this.#places.copy(rest, more);
    return this.#merger.merge(config, rest) as ValueMap;
  }

  /** Reports keys that several resources or scripts use, even of different types, and keys with references. */
  public checkKeys(config: ValueMap): void {
    const { resources, scripts, targets } = config;
    const paths = new Map<string, readonly string[]>();
    for (const [type, key, entry] of entriesOf(resources)) {
      const path = ["resources", type, key];
      const other = paths.get(key);
      if (other === undefined) paths.set(key, path);
      else if (isValueMap(entry))
        this.#doubled(other.join("."), valueAt(config, other), entry, key);
    }
    for (const [key, script] of Object.entries(isValueMap(scripts) ? scripts : EMPTY)) {
      const other = paths.get(key);
      if (other !== undefined && isValueMap(script))
        this.#doubled(other.join("."), valueAt(config, other), script, key);
    }
    this.#checkReferences(resources);
    for (const target of Object.values(isValueMap(targets) ? targets : EMPTY))
      if (isValueMap(target)) this.#checkReferences(target.resources);
  }

  #checkReferences(resources: Value): void {
    for (const [, key, entry] of entriesOf(resources)) {
      if (!key.includes("${")) continue;
      this.#problems.report({
        rule: "job-key",
        severity: "error",
        message: `resource key ${quote(key)} contains a reference, which the Databricks CLI refuses`,
        fix: "write the key without it; the name of a resource may have references",
        map: isValueMap(entry) ? entry : undefined,
      });
    }
  }

  #doubled(first: string, value: Value, map: ValueMap, key: string): void {
    const at = isValueMap(value) ? this.#places.locationOf(value) : undefined;
    const place = at === undefined ? "" : ` (${at.file}:${at.line ?? 0})`;
    this.#problems.report({
      rule: "job-key",
      severity: "error",
      message: `key ${quote(key)} is used already, by ${first}${place}`,
      fix: "give each resource a key of its own; the Databricks CLI refuses two with the same",
      map,
    });
  }
}

/** The resources with their types and keys. */
function* entriesOf(
  resources: Value,
): Iterable<readonly [type: string, key: string, entry: Value]> {
  for (const [type, entries] of Object.entries(isValueMap(resources) ? resources : EMPTY))
    for (const [key, entry] of Object.entries(isValueMap(entries) ? entries : EMPTY))
      yield [type, key, entry];
}
