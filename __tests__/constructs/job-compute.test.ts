import { JobCompute } from "@jobstrata/cdktf";
import { tablesJob } from "../support/alerting";

describe("JobCompute", () => {
  it.each<[what: string, compute: JobCompute, expected: { task: object; job: object }]>([
    [
      "serverless compute, version 4, by default",
      JobCompute.serverless(),
      {
        task: { environment_key: "default" },
        job: {
          environment: [{ environment_key: "default", spec: { environment_version: "4" } }],
        },
      },
    ],
    [
      "serverless compute with packages",
      JobCompute.serverless({
        environmentVersion: "3",
        environmentKey: "sdk",
        dependencies: ["databricks-sdk>=0.40"],
      }),
      {
        task: { environment_key: "sdk" },
        job: {
          environment: [
            {
              environment_key: "sdk",
              spec: { environment_version: "3", dependencies: ["databricks-sdk>=0.40"] },
            },
          ],
        },
      },
    ],
    [
      "a job cluster",
      JobCompute.jobCluster(
        {
          sparkVersion: "16.4.x-scala2.12",
          nodeTypeId: "i3.xlarge",
          driverNodeTypeId: "i3.2xlarge",
          numWorkers: 2,
          instancePoolId: "pool",
          policyId: "policy",
          dataSecurityMode: "USER_ISOLATION",
          sparkConf: { "spark.speculation": "true" },
          sparkEnvVars: { STAGE: "dev" },
          customTags: { team: "health" },
          runtimeEngine: "PHOTON",
        },
        "alerting",
      ),
      {
        task: { job_cluster_key: "alerting" },
        job: {
          job_cluster: [
            {
              job_cluster_key: "alerting",
              new_cluster: {
                spark_version: "16.4.x-scala2.12",
                node_type_id: "i3.xlarge",
                driver_node_type_id: "i3.2xlarge",
                num_workers: 2,
                instance_pool_id: "pool",
                policy_id: "policy",
                data_security_mode: "USER_ISOLATION",
                spark_conf: { "spark.speculation": "true" },
                spark_env_vars: { STAGE: "dev" },
                custom_tags: { team: "health" },
                runtime_engine: "PHOTON",
              },
            },
          ],
        },
      },
    ],
    [
      "a job cluster that grows",
      JobCompute.jobCluster({
        sparkVersion: "16.4.x-scala2.12",
        policyId: "policy",
        autoscale: { minWorkers: 1, maxWorkers: 8 },
      }),
      {
        task: { job_cluster_key: "default" },
        job: {
          job_cluster: [
            {
              job_cluster_key: "default",
              new_cluster: {
                spark_version: "16.4.x-scala2.12",
                policy_id: "policy",
                autoscale: { min_workers: 1, max_workers: 8 },
              },
            },
          ],
        },
      },
    ],
    [
      "a cluster of the task alone",
      JobCompute.taskCluster({
        sparkVersion: "16.4.x-scala2.12",
        nodeTypeId: "i3.xlarge",
        numWorkers: 1,
      }),
      {
        task: {
          new_cluster: {
            spark_version: "16.4.x-scala2.12",
            node_type_id: "i3.xlarge",
            num_workers: 1,
          },
        },
        job: {},
      },
    ],
    [
      "a cluster that exists",
      JobCompute.existingCluster("0923-164208-meows279"),
      { task: { existing_cluster_id: "0923-164208-meows279" }, job: {} },
    ],
  ])("is %s", (_what, compute, { task, job }) => {
    const { environment, job_cluster, task: tasks } = tablesJob({ compute });
    expect({
      ...(environment !== undefined && { environment }),
      ...(job_cluster !== undefined && { job_cluster }),
    }).toEqual(job);
    expect(tasks).toEqual([
      {
        task_key: "setup_alerting_tables",
        notebook_task: { notebook_path: "/Shared/alerting/setup_alerting_tables" },
        ...task,
      },
    ]);
  });
});
