/** How Terraform's provider sends the `new_cluster` of a job. */

/** Fields of standalone clusters, which job clusters do not have. */
export const NEVER_IN_JOB_CLUSTERS = ["cluster_id", "idempotency_token", "cluster_mount_info"];

/** Fields that an instance pool determines. */
export const SET_BY_POOL = ["enable_elastic_disk", "node_type_id", "driver_node_type_id"];

/** The cloud attributes that remain with an instance pool. */
export const KEPT_WITH_POOL: Readonly<Record<string, readonly string[]>> = {
  aws_attributes: ["instance_profile_arn"],
  azure_attributes: [],
  gcp_attributes: ["google_service_account"],
};

/** Argument that lists the only fields to send where `apply_policy_default_values` is true. */
export const POLICY_ALLOW_LIST = "__apply_policy_default_values_allow_list";
