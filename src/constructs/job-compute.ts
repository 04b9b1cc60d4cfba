import type { JobConfig, JobTask } from "@cdktf/provider-databricks/lib/job";

/** The arguments of a job and of its task that say what runs the task. */
export interface ComputeConfig {
  readonly job: Pick<JobConfig, "environment" | "jobCluster">;
  readonly task: Pick<JobTask, "environmentKey" | "jobClusterKey" | "existingClusterId">;
}

/** A cluster that is made for a run. The names are those of `new_cluster` in the Jobs API. */
export interface JobCluster {
  /** Runtime version such as `16.4.x-scala2.12`. */
  readonly sparkVersion: string;
  /** @default - the instance pool's or the policy's */
  readonly nodeTypeId?: string;
  /** @default - nodeTypeId */
  readonly driverNodeTypeId?: string;
  /** @default - autoscale */
  readonly numWorkers?: number;
  /** @default - numWorkers */
  readonly autoscale?: { readonly minWorkers: number; readonly maxWorkers: number };
  /** @default - none */
  readonly instancePoolId?: string;
  /** @default - none */
  readonly policyId?: string;
  /** Such as `SINGLE_USER` or `USER_ISOLATION`. @default - the workspace's */
  readonly dataSecurityMode?: string;
  /** @default - none */
  readonly sparkConf?: Readonly<Record<string, string>>;
  /** @default - none */
  readonly sparkEnvVars?: Readonly<Record<string, string>>;
  /** @default - none */
  readonly customTags?: Readonly<Record<string, string>>;
  /** `STANDARD` or `PHOTON`. @default - the runtime's */
  readonly runtimeEngine?: "STANDARD" | "PHOTON";
}

/** What runs the notebook of an atomic job: serverless compute, a job cluster, or a cluster that exists. */
export class JobCompute {
  private constructor(private readonly config: ComputeConfig) {}

  /**
   * Serverless compute.
   *
   * @param options.environmentVersion serverless version; `"4"` by default
   * @param options.environmentKey `default` by default
   * @param options.dependencies requirements for pip, such as `databricks-sdk>=0.40`
   */
  public static serverless(
    options: {
      readonly environmentVersion?: string;
      readonly environmentKey?: string;
      readonly dependencies?: readonly string[];
    } = {},
  ): JobCompute {
    const { environmentVersion = "4", environmentKey = "default", dependencies } = options;
    return new JobCompute({
      job: {
        environment: [
          {
            environmentKey,
            spec: { environmentVersion, ...(dependencies && { dependencies: [...dependencies] }) },
          },
        ],
      },
      task: { environmentKey },
    });
  }

  /** A cluster of the job's own, made for each run. */
  public static jobCluster(newCluster: JobCluster, jobClusterKey = "default"): JobCompute {
    return new JobCompute({
      job: { jobCluster: [{ jobClusterKey, newCluster }] },
      task: { jobClusterKey },
    });
  }

  /** An all-purpose cluster that exists already. */
  public static existingCluster(existingClusterId: string): JobCompute {
    return new JobCompute({ job: {}, task: { existingClusterId } });
  }

  /** The arguments of the job and of its task. */
  public toConfig(): ComputeConfig {
    return this.config;
  }
}
