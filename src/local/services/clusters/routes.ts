import * as z from "zod";
import { type ApiError, doesNotExist, invalidParameter } from "../../api-error";
import { object } from "../../schema/shape";
import { pageQuery } from "../../http/paging";
import { get, type Route } from "../../http/route";

const SPARK_VERSIONS = [
  ["17.3.x-scala2.13", "17.3 LTS (includes Apache Spark 4.0.0, Scala 2.13)"],
  ["16.4.x-scala2.13", "16.4 LTS (includes Apache Spark 3.5.2, Scala 2.13)"],
  ["16.4.x-scala2.12", "16.4 LTS (includes Apache Spark 3.5.2, Scala 2.12)"],
  ["15.4.x-scala2.12", "15.4 LTS (includes Apache Spark 3.5.0, Scala 2.12)"],
  ["14.3.x-scala2.12", "14.3 LTS (includes Apache Spark 3.5.0, Scala 2.12)"],
  ["17.3.x-cpu-ml-scala2.13", "17.3 LTS ML (includes Apache Spark 4.0.0, Scala 2.13)"],
  ["17.3.x-gpu-ml-scala2.13", "17.3 LTS ML (includes Apache Spark 4.0.0, GPU, Scala 2.13)"],
] as const;

/** Name, category, cores, memory in MiB, local disks and their size in GB. */
const NODE_TYPES = [
  ["m5d.large", "General Purpose (SSD)", 2, 8192, 1, 75],
  ["m5d.xlarge", "General Purpose (SSD)", 4, 16_384, 1, 150],
  ["m5d.2xlarge", "General Purpose (SSD)", 8, 32_768, 1, 300],
  ["i3.xlarge", "Storage Optimized", 4, 31_232, 1, 950],
  ["i3.2xlarge", "Storage Optimized", 8, 62_464, 1, 1900],
  ["r5d.xlarge", "Memory Optimized", 4, 32_768, 1, 150],
  ["c5d.xlarge", "Compute Optimized", 4, 8192, 1, 100],
] as const;

const VERSIONS = ["2.0", "2.1"];

/**
 * Compute metadata that Terraform data sources look up. Clusters, policies and pools do not exist here: jobs may refer
 * to any, and everything runs on this machine.
 */
export function clusterRoutes(): Route[] {
  return [
    get("clusters/spark-versions", VERSIONS, object({}), () => ({
      versions: SPARK_VERSIONS.map(([key, name]) => ({ key, name })),
    })),
    get("clusters/list-node-types", VERSIONS, object({}), () => ({
      node_types: NODE_TYPES.map(nodeType),
    })),
    get("clusters/list-zones", VERSIONS, object({}), () => ({
      zones: ["us-west-2a", "us-west-2b", "us-west-2c"],
      default_zone: "us-west-2a",
    })),
    get("clusters/list", VERSIONS, object(pageQuery), () => ({})),
    get("clusters/get", VERSIONS, object({ cluster_id: z.string() }), ({ query }) => {
      throw invalidParameter(`Cluster ${query.cluster_id.slice(0, 100)} does not exist`);
    }),
    get("policies/clusters/list", ["2.0"], object({}), () => ({})),
    get("policies/clusters/get", ["2.0"], object({ policy_id: z.string() }), ({ query }) => {
      throw none("Cluster policy", query.policy_id);
    }),
    get("policy-families", ["2.0"], object({}), () => ({})),
    get("instance-pools/list", ["2.0"], object({}), () => ({})),
    get("instance-pools/get", ["2.0"], object({ instance_pool_id: z.string() }), ({ query }) => {
      throw none("Instance pool", query.instance_pool_id);
    }),
  ];
}

const none = (what: string, id: string): ApiError =>
  doesNotExist(`${what} ${id.slice(0, 100)} does not exist`);

function nodeType([id, category, cores, memory, disks, diskSize]: (typeof NODE_TYPES)[number]) {
  return {
    node_type_id: id,
    description: id,
    category,
    memory_mb: memory,
    num_cores: cores,
    num_gpus: 0,
    instance_type_id: id,
    is_deprecated: false,
    is_hidden: false,
    is_graviton: false,
    is_io_cache_enabled: true,
    is_encrypted_in_transit: false,
    photon_driver_capable: true,
    photon_worker_capable: true,
    support_cluster_tags: true,
    support_ebs_volumes: true,
    support_port_forwarding: true,
    node_instance_type: {
      instance_type_id: id,
      local_disks: disks,
      local_disk_size_gb: diskSize,
      local_nvme_disks: 0,
    },
  };
}
