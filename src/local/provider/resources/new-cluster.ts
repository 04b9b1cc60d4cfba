/** Prepares new clusters for requests as the genuine provider does. */
import {
  KEPT_WITH_POOL,
  NEVER_IN_JOB_CLUSTERS,
  POLICY_ALLOW_LIST,
  SET_BY_POOL,
} from "@jobstrata/core/model";
import { isJsonObject, jsonObjects, type Json, type JsonObject } from "../wire";

/** Prepares every new cluster in the body of a job, in place. */
export function prepareClusters(body: JsonObject): void {
  const tasks = jsonObjects(body.tasks);
  for (const holder of [body, ...tasks, ...jsonObjects(body.job_clusters)]) {
    if (isJsonObject(holder.new_cluster)) holder.new_cluster = prepare(holder.new_cluster);
  }
  for (const task of tasks) {
    const inner = isJsonObject(task.for_each_task) ? task.for_each_task.task : undefined;
    const cluster = isJsonObject(inner) ? inner.new_cluster : undefined;
    if (isJsonObject(cluster)) remove(cluster, [...NEVER_IN_JOB_CLUSTERS, POLICY_ALLOW_LIST]);
  }
}

function prepare(cluster: JsonObject): JsonObject {
  const allowed = cluster[POLICY_ALLOW_LIST];
  remove(cluster, [...NEVER_IN_JOB_CLUSTERS, POLICY_ALLOW_LIST]);
  if (cluster.instance_pool_id === undefined) remove(cluster, ["driver_instance_pool_id"]);
  else {
    remove(cluster, SET_BY_POOL);
    for (const [name, kept] of Object.entries(KEPT_WITH_POOL)) {
      const attributes = cluster[name];
      if (isJsonObject(attributes)) cluster[name] = pick(attributes, kept);
    }
  }
  const onlyAllowed = cluster.apply_policy_default_values === true && Array.isArray(allowed);
  const result = onlyAllowed
    ? pick(cluster, [...allowed.map(String), "apply_policy_default_values", "policy_id"])
    : cluster;
  // 0 workers is a valid setting; an autoscaling cluster has no fixed number.
  if (result.autoscale === undefined) result.num_workers ??= 0;
  return result;
}

function remove(object: JsonObject, names: readonly string[]): void {
  for (const name of names) Reflect.deleteProperty(object, name);
}

function pick(object: JsonObject, names: readonly string[]): JsonObject {
  const entries = names.map((name): [string, Json | undefined] => [name, object[name]]);
  return Object.fromEntries(
    entries.filter((entry): entry is [string, Json] => entry[1] !== undefined),
  );
}
