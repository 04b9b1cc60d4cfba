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

  /** Reports keys that several resources use, even of different types. */
  public checkKeys({ resources }: ValueMap): void {
    const types = new Map<string, string>();
    for (const [type, entries] of Object.entries(isValueMap(resources) ? resources : EMPTY)) {
      for (const [key, entry] of Object.entries(isValueMap(entries) ? entries : EMPTY)) {
        const other = types.get(key);
        if (other === undefined) types.set(key, type);
        else if (isValueMap(entry))
          this.#doubled(`resources.${other}.${key}`, valueAt(resources, [other, key]), entry, key);
      }
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
