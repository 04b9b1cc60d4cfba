import {
  inLocalWorkspace,
  JobEnvironment,
  type JobEnvironmentProps,
  LOCAL_WAREHOUSE_ID,
} from "@jobstrata/cdktf";

/** Variables of the alerting jobs. `--var` or `TF_VAR_…` overrides a default. */
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

/** Staging and production jobs run as a service principal, which is required to deploy. */
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

/** The local workspace, where a real sync does no harm. */
export const local = new JobEnvironment({
  name: "local",
  mode: "development",
  variables: variables("main", { dryRun: false, warehouse: LOCAL_WAREHOUSE_ID }),
});

/** All environments of the app, including `local` in the local workspace. */
export const environments: readonly JobEnvironment[] = [
  dev,
  staging,
  prod,
  ...(inLocalWorkspace() ? [local] : []),
];
