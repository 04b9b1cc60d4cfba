import { isSettings, type Settings } from "@jobstrata/core/model";
import { Fields, type SetProp, setterOf } from "./fields";
import { camelCase, invoke, type Invocation, optional, type Value } from "./value";

/** The compute of an atomic job's task; undefined for the class's default. */
export function computeOf(
  fields: Fields,
  task: Fields,
  hasWarehouse: boolean,
): Invocation | undefined {
  const environmentKey = task.filled("environment_key");
  const clusterKey = task.filled("job_cluster_key");
  const existing = task.filled("existing_cluster_id");
  const own = task.block("new_cluster");
  const environments = fields.list("environments");
  const clusters = fields.list("job_clusters");
  const given = [environmentKey, clusterKey, existing, own].filter((each) => each !== undefined);
  if (given.length + (hasWarehouse ? 1 : 0) > 1) task.fail("job_cluster_key");
  if (environments.length !== (environmentKey === undefined ? 0 : 1)) fields.fail("environments");
  if (clusters.length !== (clusterKey === undefined ? 0 : 1)) fields.fail("job_clusters");
  if (existing !== undefined) return invoke("JobCompute.existingCluster", existing);
  if (own !== undefined) return invoke("JobCompute.taskCluster", clusterOf(own));
  const [environment] = environments;
  if (environment !== undefined)
    return serverlessOf(new Fields(environment, "environments."), environmentKey);
  const [cluster] = clusters;
  if (cluster !== undefined) return jobClusterOf(new Fields(cluster, "job_clusters."), clusterKey);
  return hasWarehouse ? undefined : invoke("JobCompute.notebookEnvironment");
}

function serverlessOf(environment: Fields, wanted: string | undefined): Invocation | undefined {
  const key = environment.filled("environment_key");
  if (key === undefined || key !== wanted) environment.fail("environment_key");
  const spec = environment.block("spec") ?? environment.fail("spec");
  environment.done();
  const version = spec.filled("environment_version") ?? spec.fail("environment_version");
  const options = {
    ...(version !== "4" && { environmentVersion: version }),
    ...(key !== "default" && { environmentKey: key }),
    ...optional("dependencies", spec.strings("dependencies")),
    ...optional("javaDependencies", spec.strings("java_dependencies")),
  };
  spec.done();
  return Object.keys(options).length === 0 ? undefined : invoke("JobCompute.serverless", options);
}

type FieldKind = "text" | "whole" | "number" | "flag" | "map" | "strings";

/** Cluster fields by type; those of blocks by path. */
const CLUSTER: Readonly<Record<string, FieldKind>> = {
  spark_version: "text",
  node_type_id: "text",
  driver_node_type_id: "text",
  num_workers: "whole",
  instance_pool_id: "text",
  driver_instance_pool_id: "text",
  policy_id: "text",
  apply_policy_default_values: "flag",
  data_security_mode: "text",
  single_user_name: "text",
  spark_conf: "map",
  spark_env_vars: "map",
  custom_tags: "map",
  kind: "text",
  is_single_node: "flag",
  use_ml_runtime: "flag",
  enable_elastic_disk: "flag",
  enable_local_disk_encryption: "flag",
  remote_disk_throughput: "whole",
  total_initial_remote_disk_size: "whole",
  ssh_public_keys: "strings",
};
const BLOCKS: Readonly<Record<string, Readonly<Record<string, FieldKind>>>> = {
  autoscale: { min_workers: "whole", max_workers: "whole" },
  aws_attributes: {
    zone_id: "text",
    first_on_demand: "whole",
    spot_bid_price_percent: "whole",
    instance_profile_arn: "text",
    ebs_volume_type: "text",
    ebs_volume_count: "whole",
    ebs_volume_size: "whole",
    ebs_volume_iops: "whole",
    ebs_volume_throughput: "whole",
  },
  azure_attributes: { first_on_demand: "whole", spot_bid_max_price: "number" },
  gcp_attributes: {
    zone_id: "text",
    first_on_demand: "whole",
    google_service_account: "text",
    boot_disk_size: "whole",
    local_ssd_count: "whole",
  },
};
const AVAILABILITY: Readonly<Record<string, readonly string[]>> = {
  aws_attributes: ["SPOT", "ON_DEMAND", "SPOT_WITH_FALLBACK"],
  azure_attributes: ["SPOT_AZURE", "ON_DEMAND_AZURE", "SPOT_WITH_FALLBACK_AZURE"],
  gcp_attributes: ["PREEMPTIBLE_GCP", "ON_DEMAND_GCP", "PREEMPTIBLE_WITH_FALLBACK_GCP"],
};

function jobClusterOf(jobCluster: Fields, wanted: string | undefined): Invocation {
  const key = jobCluster.filled("job_cluster_key");
  if (key === undefined || key !== wanted) jobCluster.fail("job_cluster_key");
  const cluster = jobCluster.block("new_cluster") ?? jobCluster.fail("new_cluster");
  jobCluster.done();
  const props = clusterOf(cluster);
  return invoke("JobCompute.jobCluster", props, ...(key === "default" ? [] : [key]));
}

/** Cluster arguments in the form of `JobCompute`. */
function clusterOf(cluster: Fields): Record<string, Value> {
  const props: Record<string, Value> = {};
  const setProp = setterOf(props);
  const set: SetProp = (name, value) => {
    setProp(camelCase(name), value);
  };
  if (!cluster.has("spark_version")) cluster.fail("spark_version");
  for (const [name, kind] of Object.entries(CLUSTER)) set(name, valueOf(cluster, name, kind));
  set("runtime_engine", cluster.oneOf("runtime_engine", "STANDARD", "PHOTON"));
  for (const [name, fields] of Object.entries(BLOCKS))
    set(name, blockOf(name, cluster.block(name), fields));
  const scripts = cluster.list("init_scripts").map((script) => locationOf(script, SCRIPTS));
  if (scripts.length > 0) props.initScripts = scripts;
  const logs = cluster.take("cluster_log_conf");
  if (logs !== undefined) {
    if (!isSettings(logs)) return cluster.fail("cluster_log_conf");
    props.clusterLogConf = locationOf(logs, ["volumes", "dbfs", "s3"]);
  }
  cluster.done();
  checkCluster(cluster, props);
  return props;
}

function blockOf(
  name: string,
  block: Fields | undefined,
  fields: Readonly<Record<string, FieldKind>>,
): Value | undefined {
  if (block === undefined) return undefined;
  const inner: Record<string, Value> = {};
  const set = setterOf(inner);
  set("availability", block.oneOf("availability", ...(AVAILABILITY[name] ?? [])));
  for (const [field, kind] of Object.entries(fields))
    set(camelCase(field), valueOf(block, field, kind));
  block.done();
  return inner;
}

/** Arguments that `JobCompute.jobCluster` requires. */
function checkCluster(cluster: Fields, props: Record<string, Value>): void {
  const { numWorkers, autoscale, policyId, isSingleNode } = props;
  if (
    props.nodeTypeId === undefined &&
    props.instancePoolId === undefined &&
    policyId === undefined
  )
    cluster.fail("node_type_id");
  if (numWorkers !== undefined && autoscale !== undefined) cluster.fail("num_workers");
  if (autoscale !== undefined) {
    const { minWorkers, maxWorkers } = autoscale as Record<string, number | undefined>;
    if (minWorkers === undefined || maxWorkers === undefined || minWorkers > maxWorkers)
      cluster.fail("autoscale");
  }
  // An absent number means 0 workers, but the class requires the number.
  if (numWorkers === undefined && autoscale === undefined && policyId === undefined)
    if (isSingleNode !== true) props.numWorkers = 0;
}

const SCRIPTS = ["workspace", "volumes", "s3", "abfss", "gcs"];

/** A file in one of several kinds of storage. */
function locationOf(settings: Settings, kinds: readonly string[]): Value {
  const fields = new Fields(settings, "new_cluster.");
  const [kind = "", other] = Object.keys(settings);
  if (other !== undefined || !kinds.includes(kind)) fields.fail(kind);
  const block = fields.block(kind) ?? fields.fail(kind);
  const place = {
    ...block.required("destination", "destination"),
    ...(kind === "s3" ? optional("region", block.filled("region")) : {}),
  };
  block.done();
  return { [kind]: place };
}

function valueOf(fields: Fields, name: string, kind: FieldKind): Value | undefined {
  switch (kind) {
    case "text":
      return fields.filled(name);
    case "whole": {
      const value = fields.number(name);
      return value !== undefined && value < 0 ? fields.fail(name) : value;
    }
    case "number": {
      const value = fields.take(name);
      return value === undefined || typeof value === "number" ? value : fields.fail(name);
    }
    case "flag":
      return fields.flag(name);
    case "map":
      return fields.map(name);
    case "strings":
      return fields.strings(name);
  }
}

/** The libraries that a task installs. */
export function librariesOf(libraries: readonly Settings[]): Value | undefined {
  if (libraries.length === 0) return undefined;
  return libraries.map((library): Value => {
    const fields = new Fields(library, "libraries.");
    const [kind = "", other] = Object.keys(library);
    if (other !== undefined) fields.fail(other);
    if (["whl", "jar", "egg", "requirements"].includes(kind))
      return { [kind]: fields.filled(kind) ?? "" };
    const block = fields.block(kind) ?? fields.fail(kind);
    const name = { pypi: "package", cran: "package", maven: "coordinates" }[kind];
    if (name === undefined) return fields.fail(kind);
    const value = {
      ...block.required(name, name),
      ...optional("repo", block.text("repo")),
      ...(kind === "maven" ? optional("exclusions", block.strings("exclusions")) : {}),
    };
    block.done();
    return { [kind]: value };
  });
}
