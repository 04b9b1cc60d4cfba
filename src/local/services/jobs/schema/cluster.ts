import * as z from "zod";
import { int32, object, stringMap, strings } from "../../../schema/shape";

const destination = object({ destination: z.string() });
const storage = object({
  destination: z.string(),
  region: z.string().optional(),
  endpoint: z.string().optional(),
  enable_encryption: z.boolean().optional(),
  encryption_type: z.string().optional(),
  kms_key: z.string().optional(),
  canned_acl: z.string().optional(),
});
const alternateNodes = object({
  alternate_node_type_ids: strings.optional(),
  aws_context_id: z.string().optional(),
});
const count = int32.min(0);

/** A job cluster. Stored and returned, but never started. */
export const newCluster = object({
  apply_policy_default_values: z.boolean().optional(),
  autoscale: object({ min_workers: count.optional(), max_workers: count.optional() }).optional(),
  autotermination_minutes: count.optional(),
  aws_attributes: object({
    availability: z.string().optional(),
    ebs_volume_count: count.optional(),
    ebs_volume_iops: count.optional(),
    ebs_volume_size: count.optional(),
    ebs_volume_throughput: count.optional(),
    ebs_volume_type: z.string().optional(),
    first_on_demand: int32.optional(),
    instance_profile_arn: z.string().optional(),
    spot_bid_price_percent: int32.optional(),
    zone_id: z.string().optional(),
  }).optional(),
  azure_attributes: object({
    availability: z.string().optional(),
    capacity_reservation_group: z.string().optional(),
    first_on_demand: int32.optional(),
    log_analytics_info: object({
      log_analytics_primary_key: z.string().optional(),
      log_analytics_workspace_id: z.string().optional(),
    }).optional(),
    spot_bid_max_price: z.number().optional(),
  }).optional(),
  cluster_log_conf: object({
    dbfs: destination.optional(),
    s3: storage.optional(),
    volumes: destination.optional(),
  }).optional(),
  cluster_name: z.string().optional(),
  custom_tags: stringMap.optional(),
  data_security_mode: z.string().optional(),
  dependency_mode: z.string().optional(),
  docker_image: object({
    basic_auth: object({
      username: z.string().optional(),
      password: z.string().optional(),
    }).optional(),
    url: z.string().optional(),
  }).optional(),
  driver_instance_pool_id: z.string().optional(),
  driver_node_type_flexibility: alternateNodes.optional(),
  driver_node_type_id: z.string().optional(),
  enable_elastic_disk: z.boolean().optional(),
  enable_local_disk_encryption: z.boolean().optional(),
  gcp_attributes: object({
    availability: z.string().optional(),
    boot_disk_size: count.optional(),
    confidential_compute_type: z.string().optional(),
    first_on_demand: int32.optional(),
    google_service_account: z.string().optional(),
    local_ssd_count: count.optional(),
    use_preemptible_executors: z.boolean().optional(),
    zone_id: z.string().optional(),
  }).optional(),
  idempotency_token: z.string().optional(),
  init_scripts: z
    .array(
      object({
        abfss: destination.optional(),
        dbfs: destination.optional(),
        file: destination.optional(),
        gcs: destination.optional(),
        s3: storage.optional(),
        volumes: destination.optional(),
        workspace: destination.optional(),
      }),
    )
    .optional(),
  instance_pool_id: z.string().optional(),
  is_single_node: z.boolean().optional(),
  kind: z.string().optional(),
  node_type_id: z.string().optional(),
  num_workers: count.optional(),
  policy_id: z.string().optional(),
  remote_disk_throughput: int32.optional(),
  runtime_engine: z.string().optional(),
  single_user_name: z.string().optional(),
  spark_conf: stringMap.optional(),
  spark_env_vars: stringMap.optional(),
  spark_version: z.string().optional(),
  ssh_public_keys: strings.optional(),
  total_initial_remote_disk_size: int32.optional(),
  use_ml_runtime: z.boolean().optional(),
  worker_node_type_flexibility: alternateNodes.optional(),
  workload_type: object({
    clients: object({ jobs: z.boolean().optional(), notebooks: z.boolean().optional() }),
  }).optional(),
});

export const library = object({
  cran: object({ package: z.string(), repo: z.string().optional() }).optional(),
  egg: z.string().optional(),
  jar: z.string().optional(),
  maven: object({
    coordinates: z.string(),
    exclusions: strings.optional(),
    repo: z.string().optional(),
  }).optional(),
  pypi: object({ package: z.string(), repo: z.string().optional() }).optional(),
  requirements: z.string().optional(),
  whl: z.string().optional(),
});
