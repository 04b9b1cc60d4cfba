import {
  inLocalWorkspace,
  JobEnvironment,
  type JobEnvironmentProps,
  LOCAL_WAREHOUSE_ID,
} from "@jobstrata/cdktf";

/** What the alerting jobs take from their environment; every default can be replaced with `--var` or `TF_VAR_…`. */
function variables(
  catalog: string,
  { dryRun, warehouse = "" }: { readonly dryRun: boolean; readonly warehouse?: string },
): JobEnvironmentProps["variables"] {
  return {
    catalog: {
      default: catalog,
      description: "Unity Catalog catalog that the alerting tables belong to",
    },
    gold_schema: {
      default: "gold",
      description: "Schema of the alerting tables and of the gold tables they read",
    },
    warehouse_id: {
      default: warehouse,
      description: "SQL warehouse that evaluates the alerts; needed unless dry_run",
    },
    dry_run: {
      default: dryRun,
      description: "Show what would be synced to the workspace, and change nothing",
    },
  };
}

/** The service principal that staging and production jobs run as; required for a deployment. */
const production = {
  mode: "production",
  runAs: { servicePrincipalName: "${var.run_as_service_principal}" },
  permissions: [{ groupName: "users", level: "CAN_VIEW" }],
} as const;

const runAsVariable = {
  run_as_service_principal: {
    description: "Application id of the service principal that the jobs run as",
  },
};

export const dev = new JobEnvironment({
  name: "dev",
  mode: "development",
  variables: variables("dev", { dryRun: true }),
});

export const staging = new JobEnvironment({
  name: "staging",
  ...production,
  variables: { ...variables("staging", { dryRun: true }), ...runAsVariable },
});

export const prod = new JobEnvironment({
  name: "prod",
  ...production,
  variables: { ...variables("prod", { dryRun: false }), ...runAsVariable },
});

/** For the workspace on this machine, where syncing for real harms nobody. */
export const local = new JobEnvironment({
  name: "local",
  mode: "development",
  variables: variables("main", { dryRun: false, warehouse: LOCAL_WAREHOUSE_ID }),
});

/** All environments that there are where the app runs. */
export const environments: readonly JobEnvironment[] = [
  dev,
  staging,
  prod,
  ...(inLocalWorkspace() ? [local] : []),
];
