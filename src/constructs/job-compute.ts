import type { JobConfig, JobTask } from "@cdktf/provider-databricks/lib/job";
import { Token } from "cdktf";
import { JobstrataError } from "@jobstrata/core/errors";
import { mark } from "@jobstrata/core/model";
import {
  exactlyOne,
  filled,
  flag,
  listOf,
  mapOf,
  number,
  object,
  oneOf,
  type Shapes,
  text,
  whole,
} from "./shape";

/** The arguments of a job and its task that select the compute. @internal */
export interface ComputeConfig {
  readonly job: Pick<JobConfig, "environment" | "jobCluster">;
  readonly task: Pick<
    JobTask,
    "environmentKey" | "jobClusterKey" | "existingClusterId" | "newCluster"
  >;
}

/** Location of an init script; exactly one of these. */
export type InitScript =
  | { readonly workspace: { readonly destination: string } }
  | { readonly volumes: { readonly destination: string } }
  | { readonly s3: { readonly destination: string; readonly region?: string | undefined } }
  | { readonly abfss: { readonly destination: string } }
  | { readonly gcs: { readonly destination: string } };

/** Destination of cluster logs; exactly one of these. */
export type ClusterLogConf =
  | { readonly volumes: { readonly destination: string } }
  | { readonly dbfs: { readonly destination: string } }
  | { readonly s3: { readonly destination: string; readonly region?: string | undefined } };

/** A cluster that is created for each run. Names as in `new_cluster` of the Jobs API. */
export interface JobCluster {
  /** Runtime version such as `16.4.x-scala2.12`. */
  readonly sparkVersion: string;
  /** @default - set by the instance pool or the policy */
  readonly nodeTypeId?: string | undefined;
  /** @default - nodeTypeId */
  readonly driverNodeTypeId?: string | undefined;
  /** Cannot be combined with `autoscale`. @default - autoscale */
  readonly numWorkers?: number | undefined;
  /** @default - numWorkers */
  readonly autoscale?: { readonly minWorkers: number; readonly maxWorkers: number } | undefined;
  /** @default - none */
  readonly instancePoolId?: string | undefined;
  /** @default - instancePoolId */
  readonly driverInstancePoolId?: string | undefined;
  /** @default - none */
  readonly policyId?: string | undefined;
  /** Uses the policy's values for options that are not set here. @default false */
  readonly applyPolicyDefaultValues?: boolean | undefined;
  /** Such as `SINGLE_USER` or `USER_ISOLATION`. @default - the workspace's */
  readonly dataSecurityMode?: string | undefined;
  /** The user of a single-user cluster. @default - the identity that the job runs as */
  readonly singleUserName?: string | undefined;
  /** @default - none */
  readonly sparkConf?: Readonly<Record<string, string>> | undefined;
  /** @default - none */
  readonly sparkEnvVars?: Readonly<Record<string, string>> | undefined;
  /** @default - none */
  readonly customTags?: Readonly<Record<string, string>> | undefined;
  /** `STANDARD` or `PHOTON`. @default - the runtime's */
  readonly runtimeEngine?: "STANDARD" | "PHOTON" | undefined;
  /** `CLASSIC_PREVIEW` allows `isSingleNode` and `useMlRuntime`. @default - none */
  readonly kind?: string | undefined;
  /** Creates a driver without workers. @default false */
  readonly isSingleNode?: boolean | undefined;
  /** @default false */
  readonly useMlRuntime?: boolean | undefined;
  /** Options of `aws_attributes`. @default - none */
  readonly awsAttributes?:
    | {
        readonly availability?: "SPOT" | "ON_DEMAND" | "SPOT_WITH_FALLBACK" | undefined;
        readonly zoneId?: string | undefined;
        readonly firstOnDemand?: number | undefined;
        readonly spotBidPricePercent?: number | undefined;
        readonly instanceProfileArn?: string | undefined;
        readonly ebsVolumeType?: string | undefined;
        readonly ebsVolumeCount?: number | undefined;
        readonly ebsVolumeSize?: number | undefined;
        readonly ebsVolumeIops?: number | undefined;
        readonly ebsVolumeThroughput?: number | undefined;
      }
    | undefined;
  /** Options of `azure_attributes`. @default - none */
  readonly azureAttributes?:
    | {
        readonly availability?:
          "SPOT_AZURE" | "ON_DEMAND_AZURE" | "SPOT_WITH_FALLBACK_AZURE" | undefined;
        readonly firstOnDemand?: number | undefined;
        readonly spotBidMaxPrice?: number | undefined;
        readonly logAnalyticsInfo?:
          | {
              readonly logAnalyticsWorkspaceId?: string | undefined;
              /**
               * A secret: use a `sensitive` variable of the environment, `environment.variable("log_analytics_key")`. A
               * literal is written into `cdk.tf.json`. Terraform's state contains the value in both cases.
               */
              readonly logAnalyticsPrimaryKey?: string | undefined;
            }
          | undefined;
      }
    | undefined;
  /** Options of `gcp_attributes`. @default - none */
  readonly gcpAttributes?:
    | {
        readonly availability?:
          "PREEMPTIBLE_GCP" | "ON_DEMAND_GCP" | "PREEMPTIBLE_WITH_FALLBACK_GCP" | undefined;
        readonly zoneId?: string | undefined;
        readonly firstOnDemand?: number | undefined;
        readonly googleServiceAccount?: string | undefined;
        readonly bootDiskSize?: number | undefined;
        readonly localSsdCount?: number | undefined;
      }
    | undefined;
  /** Scripts that run on every node, in this order, before Spark starts. @default - none */
  readonly initScripts?: readonly InitScript[] | undefined;
  /** @default - logs are deleted with the cluster */
  readonly clusterLogConf?: ClusterLogConf | undefined;
  /** Image for Databricks Container Services. @default - the runtime's */
  readonly dockerImage?:
    | {
        readonly url: string;
        /**
         * The login of the registry. The password is a secret: use a `sensitive` variable of the environment,
         * `environment.variable("registry_password")`. A literal is written into `cdk.tf.json`. Terraform's state
         * contains the value in both cases.
         * @default - none, for a public image
         */
        readonly basicAuth?: { readonly username: string; readonly password: string } | undefined;
      }
    | undefined;
  /** Adds disks when existing ones fill up. @default false */
  readonly enableElasticDisk?: boolean | undefined;
  /** @default false */
  readonly enableLocalDiskEncryption?: boolean | undefined;
  /** For remote disks of GCP and Azure, in Mb/s. @default - the cloud's */
  readonly remoteDiskThroughput?: number | undefined;
  /** For remote disks of GCP and Azure, in GB. @default - the cloud's */
  readonly totalInitialRemoteDiskSize?: number | undefined;
  /** @default - none */
  readonly sshPublicKeys?: readonly string[] | undefined;
  /** The workloads that may run on the cluster. @default - both */
  readonly workloadType?:
    | {
        readonly clients: {
          readonly jobs?: boolean | undefined;
          readonly notebooks?: boolean | undefined;
        };
      }
    | undefined;
}

const DESTINATION = object({ destination: filled }, "destination");
const BUCKET = object({ destination: filled, region: filled }, "destination");
const CLOUD = {
  availability: filled,
  zoneId: filled,
  firstOnDemand: whole(0),
} as const;

const CLUSTER: Shapes<JobCluster> = {
  sparkVersion: filled,
  nodeTypeId: filled,
  driverNodeTypeId: filled,
  numWorkers: whole(0),
  autoscale: object({ minWorkers: whole(0), maxWorkers: whole(0) }, "minWorkers", "maxWorkers"),
  instancePoolId: filled,
  driverInstancePoolId: filled,
  policyId: filled,
  applyPolicyDefaultValues: flag,
  dataSecurityMode: filled,
  singleUserName: filled,
  sparkConf: mapOf(text),
  sparkEnvVars: mapOf(text),
  customTags: mapOf(text),
  runtimeEngine: oneOf("STANDARD", "PHOTON"),
  kind: filled,
  isSingleNode: flag,
  useMlRuntime: flag,
  awsAttributes: object<NonNullable<JobCluster["awsAttributes"]>>({
    ...CLOUD,
    spotBidPricePercent: whole(0),
    instanceProfileArn: filled,
    ebsVolumeType: filled,
    ebsVolumeCount: whole(0),
    ebsVolumeSize: whole(0),
    ebsVolumeIops: whole(0),
    ebsVolumeThroughput: whole(0),
  }),
  azureAttributes: object<NonNullable<JobCluster["azureAttributes"]>>({
    availability: CLOUD.availability,
    firstOnDemand: CLOUD.firstOnDemand,
    spotBidMaxPrice: number,
    logAnalyticsInfo: object({ logAnalyticsWorkspaceId: filled, logAnalyticsPrimaryKey: filled }),
  }),
  gcpAttributes: object<NonNullable<JobCluster["gcpAttributes"]>>({
    ...CLOUD,
    googleServiceAccount: filled,
    bootDiskSize: whole(0),
    localSsdCount: whole(0),
  }),
  initScripts: listOf(
    exactlyOne(
      object({
        workspace: DESTINATION,
        volumes: DESTINATION,
        s3: BUCKET,
        abfss: DESTINATION,
        gcs: DESTINATION,
      }),
      ...["workspace", "volumes", "s3", "abfss", "gcs"],
    ),
  ),
  clusterLogConf: exactlyOne(
    object({ volumes: DESTINATION, dbfs: DESTINATION, s3: BUCKET }),
    ...["volumes", "dbfs", "s3"],
  ),
  dockerImage: object(
    { url: filled, basicAuth: object({ username: text, password: text }, "username", "password") },
    "url",
  ),
  enableElasticDisk: flag,
  enableLocalDiskEncryption: flag,
  remoteDiskThroughput: whole(0),
  totalInitialRemoteDiskSize: whole(0),
  sshPublicKeys: listOf(filled),
  workloadType: object({ clients: object({ jobs: flag, notebooks: flag }) }, "clients"),
};

const COMPUTE = Symbol.for("jobstrata/JobCompute");

/** Compute of an atomic job: serverless, a cluster for each run, or an existing cluster. */
export class JobCompute {
  readonly #config: ComputeConfig;

  private constructor(config: ComputeConfig) {
    this.#config = config;

    mark(this, COMPUTE, true);
  }

  /** True for a {@link JobCompute}, including one from another copy of this package. */
  public static isJobCompute(value: object): value is JobCompute {
    return COMPUTE in value;
  }

  /** Serverless compute. */
  public static serverless(options: ServerlessOptions = {}): JobCompute {
    check(object(SERVERLESS)(options, ""), "serverless compute");
    const { environmentVersion = "4", environmentKey = "default" } = options;
    const { dependencies, javaDependencies } = options;
    return new JobCompute({
      job: {
        environment: [
          {
            environmentKey,
            spec: {
              environmentVersion,
              ...(dependencies && { dependencies: [...dependencies] }),
              ...(javaDependencies && { javaDependencies: [...javaDependencies] }),
            },
          },
        ],
      },
      task: { environmentKey },
    });
  }

  /** Serverless compute with the notebook's own environment, without an environment of the job. */
  public static notebookEnvironment(): JobCompute {
    return new JobCompute({ job: {}, task: {} });
  }

  /**
   * A cluster that is created for each run of the job.
   *
   * @throws {JobstrataError} `invalid-job` if its node type or its size is missing or set twice
   */
  public static jobCluster(newCluster: JobCluster, jobClusterKey = "default"): JobCompute {
    checkCluster(newCluster, "job cluster");
    check(filled(jobClusterKey, "jobClusterKey"), "job cluster");
    return new JobCompute({
      job: { jobCluster: [{ jobClusterKey, newCluster: newCluster as never }] },
      task: { jobClusterKey },
    });
  }

  /**
   * A cluster that is created for each run and defined in the task (`new_cluster`) instead of in the job's clusters.
   * Behaves like {@link JobCompute.jobCluster}; for jobs that are already defined this way.
   *
   * @throws {JobstrataError} `invalid-job` as {@link JobCompute.jobCluster}
   */
  public static taskCluster(newCluster: JobCluster): JobCompute {
    checkCluster(newCluster, "task cluster");
    return new JobCompute({ job: {}, task: { newCluster: newCluster as never } });
  }

  /** An existing all-purpose cluster. */
  public static existingCluster(existingClusterId: string): JobCompute {
    check(filled(existingClusterId, "existingClusterId"), "existing cluster");
    return new JobCompute({ job: {}, task: { existingClusterId } });
  }

  /** The arguments of the job and of its task. @internal */
  public toConfig(): ComputeConfig {
    return this.#config;
  }
}

/** Options of {@link JobCompute.serverless}. */
export interface ServerlessOptions {
  /** Serverless environment version. @default "4" */
  readonly environmentVersion?: string | undefined;
  /** @default "default" */
  readonly environmentKey?: string | undefined;
  /** Requirements for pip, such as `databricks-sdk>=0.40`. @default - none */
  readonly dependencies?: readonly string[] | undefined;
  /** Paths of JAR files. @default - none */
  readonly javaDependencies?: readonly string[] | undefined;
}

const SERVERLESS: Shapes<ServerlessOptions> = {
  environmentVersion: filled,
  environmentKey: filled,
  dependencies: listOf(filled),
  javaDependencies: listOf(filled),
};

/** Checks that a cluster sets its node type and its size, each once. */
function checkCluster(newCluster: JobCluster, what: string): void {
  check(object(CLUSTER, "sparkVersion")(newCluster, ""), what);
  const { numWorkers, autoscale, nodeTypeId, instancePoolId, policyId } = newCluster;
  if (nodeTypeId === undefined && instancePoolId === undefined && policyId === undefined)
    check("it has no nodes; give nodeTypeId, instancePoolId or policyId", what);
  if (numWorkers !== undefined && autoscale !== undefined)
    check("it has numWorkers and autoscale; give one of them", what);
  if (numWorkers === undefined && autoscale === undefined) {
    if (policyId === undefined && newCluster.isSingleNode !== true)
      check("it has no size; give numWorkers, autoscale or isSingleNode", what);
  }
  if (autoscale !== undefined && autoscale.minWorkers > autoscale.maxWorkers) {
    const { minWorkers, maxWorkers } = autoscale;
    if (!Token.isUnresolved(minWorkers) && !Token.isUnresolved(maxWorkers))
      check(`autoscale.minWorkers ${minWorkers} is more than maxWorkers ${maxWorkers}`, what);
  }
}

function check(problem: string | undefined, what: string): void {
  if (problem !== undefined) throw new JobstrataError("invalid-job", `${what}: ${problem}`);
}
