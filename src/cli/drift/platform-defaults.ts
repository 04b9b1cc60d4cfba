import {
  canonical,
  isSettings,
  JOB_SCHEMA,
  type Setting,
  type Settings,
  type Shape,
  textAt,
} from "@jobstrata/core/model";
import { fieldShape } from "./settings-walk";

/** A value that the platform set because the code does not. */
export interface PlatformValue {
  readonly path: readonly string[];
  readonly value: Setting;
  /** What set the value. */
  readonly by: "platform" | "cluster policy";
}

type Test = (value: Setting, part: Settings) => boolean;
const any: Test = () => true;
const oneOf =
  (...values: readonly Setting[]): Test =>
  (value) =>
    values.some((each) => canonical(each) === canonical(value));
const sameAs =
  (name: string): Test =>
  (value, part) =>
    canonical(part[name]) === canonical(value);

/**
 * Defaults of the service, by path: field names of the Jobs API without the keys of list items. Any other value that only the
 * live job has was set by a user.
 */
const DEFAULTS: Readonly<Record<string, Test>> = {
  "deployment.deployment_id": any,
  "deployment.version_id": any,
  "environments.spec.environment_version": any,
  "git_source.git_snapshot": any,
  performance_target: oneOf("PERFORMANCE_OPTIMIZED"),
  "tasks.spark_jar_task.run_as_repl": oneOf(true),
  "tasks.for_each_task.task.spark_jar_task.run_as_repl": oneOf(true),
};

/** Access modes without Unity Catalog, which are never a default. */
const UNGOVERNED: readonly string[] = ["NONE", "LEGACY_PASSTHROUGH", "LEGACY_TABLE_ACL"];

/** Defaults in any `new_cluster`. */
const OF_CLUSTERS: Readonly<Record<string, Test>> = {
  "aws_attributes.availability": oneOf("SPOT_WITH_FALLBACK", "ON_DEMAND"),
  "aws_attributes.first_on_demand": oneOf(0, 1),
  "aws_attributes.spot_bid_price_percent": oneOf(100),
  "aws_attributes.zone_id": any,
  "azure_attributes.availability": oneOf("ON_DEMAND_AZURE"),
  "azure_attributes.first_on_demand": oneOf(0, 1),
  "azure_attributes.spot_bid_max_price": oneOf(-1),
  data_security_mode: (mode) => typeof mode === "string" && !UNGOVERNED.includes(mode),
  driver_instance_pool_id: sameAs("instance_pool_id"),
  driver_node_type_id: sameAs("node_type_id"),
  enable_elastic_disk: oneOf(true),
  enable_local_disk_encryption: oneOf(true),
  "gcp_attributes.availability": oneOf("ON_DEMAND_GCP"),
  "gcp_attributes.first_on_demand": oneOf(0, 1),
  "gcp_attributes.zone_id": any,
  // Determined by the pool.
  node_type_id: (_, part) => part.instance_pool_id !== undefined,
  runtime_engine: oneOf("STANDARD"),
};

/** Removes platform values from live settings, unless the code sets them. */
export function withoutPlatformValues(
  code: Settings,
  live: Settings,
): { readonly settings: Settings; readonly given: readonly PlatformValue[] } {
  const given: PlatformValue[] = [];
  const visit = (
    value: Setting,
    written: Setting | undefined,
    shape: Shape | undefined,
    at: Place,
  ): Setting | undefined => {
    if (shape?.kind === "list" && Array.isArray(value)) {
      const { key } = shape;
      if (key === undefined) return value as readonly Setting[];
      const others = Array.isArray(written) ? (written as readonly Setting[]) : [];
      return (value as readonly Setting[]).map((item) => {
        const name = textAt(item, key) ?? "";
        const other = others.find((each) => textAt(each, key) === name);
        // An item that only the live job has was added by a user.
        if (other === undefined) return item;
        return visit(item, other, shape.of, { ...at, path: [...at.path, name] }) ?? item;
      });
    }
    if (!isSettings(value)) return value;
    const cluster = at.name.endsWith("new_cluster") ? { part: value, written } : at.cluster;
    // A cluster policy can also set individual tags and variables.
    const isOpen = shape?.kind === "object" || (shape?.kind === "map" && cluster !== undefined);
    if (!isOpen) return value;
    const entries = Object.entries(value).flatMap(([name, each]): [string, Setting][] => {
      const place: Place = {
        path: [...at.path, name],
        name: at.name === "" ? name : `${at.name}.${name}`,
        ...(cluster && { cluster }),
      };
      const other = isSettings(written) && Object.hasOwn(written, name) ? written[name] : undefined;
      const by = other === undefined ? giverOf(each, value, place) : undefined;
      if (by !== undefined) {
        given.push({ path: place.path, value: each, by });
        return [];
      }
      const kept = visit(each, other, fieldShape(shape, name), place);
      const isEmptied =
        isSettings(kept) &&
        Object.keys(kept).length === 0 &&
        Object.keys(each as Settings).length > 0;
      if (kept === undefined || (isEmptied && other === undefined)) return [];
      return [[name, kept]];
    });
    return Object.fromEntries(entries);
  };
  const settings = visit(live, code, JOB_SCHEMA, { path: [], name: "" }) as Settings;
  return { settings, given };
}

interface Place {
  readonly path: readonly string[];
  /** The path without keys of list items. */
  readonly name: string;
  readonly cluster?: { readonly part: Settings; readonly written: Setting | undefined };
}

function giverOf(
  value: Setting,
  part: Settings,
  { name, cluster }: Place,
): PlatformValue["by"] | undefined {
  if (DEFAULTS[name]?.(value, part) === true) return "platform";
  if (cluster === undefined || isSettings(value)) return undefined;
  const inCluster = name.slice(name.lastIndexOf("new_cluster.") + "new_cluster.".length);
  if (OF_CLUSTERS[inCluster]?.(value, part) === true) return "platform";
  return textAt(cluster.written, "policy_id") === undefined ? undefined : "cluster policy";
}
