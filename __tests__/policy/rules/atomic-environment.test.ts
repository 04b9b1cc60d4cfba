import { atomicEnvironment } from "../../../src/policy/rules/atomic-environment";
import { atomic, composite, findings, itAccepts, notebookTask } from "../../support/graph";

const tables = atomic("alerting_tables_job");
const keyed = (
  environmentKey: string | undefined,
  environmentKeys: string[],
  onCluster = false,
) => {
  const { environmentKey: _, ...task } = notebookTask("setup_tables", "/Shared/setup", {
    onCluster,
  });
  return atomic("alerting_tables_job", {
    environmentKeys,
    tasks: [environmentKey === undefined ? task : { ...task, environmentKey }],
  });
};

describe("atomic-environment", () => {
  itAccepts(atomicEnvironment, {
    "an environment that the job defines": [tables],
    "a notebook on a cluster": [keyed(undefined, [], true)],
    "a composite, which needs none": [composite("alerting_setup_job", [tables])],
  });

  it.each([
    {
      job: keyed(undefined, []),
      message: 'the notebook of atomic job "alerting_tables_job" has no environment_key',
      fix: 'give the job an environment "default" with environment_version "4" and the task its environment_key',
    },
    {
      job: keyed(undefined, ["default"]),
      message: 'the notebook of atomic job "alerting_tables_job" has no environment_key',
      fix: 'set environment_key to one of "default"',
    },
    {
      job: keyed("defualt", ["default"]),
      message:
        'the notebook of atomic job "alerting_tables_job" has environment_key "defualt", which no environment of the job defines',
      fix: 'set environment_key to one of "default"',
    },
  ])("finds: $message ($fix)", ({ job, message, fix }) => {
    expect(findings(atomicEnvironment, job)).toEqual([
      { message, fix, sites: ["alerting-dev/alerting_tables_job#setup_tables"] },
    ]);
  });
});
