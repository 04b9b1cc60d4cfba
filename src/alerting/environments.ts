import { JobEnvironment, type JobEnvironmentProps } from "../constructs/job-environment";

/** What the alerting jobs take from their environment; every default can be replaced with `--var` or `TF_VAR_…`. */
function variables(catalog: string, dryRun: boolean): JobEnvironmentProps["variables"] {
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
      default: "",
      description: "SQL warehouse that evaluates the alerts; needed unless dry_run",
    },
    dry_run: {
      default: dryRun,
      description: "Show what would be synced to the workspace, and change nothing",
    },
  };
}

/** Staging and production run as a service principal that whoever deploys has to name. */
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
  variables: variables("dev", true),
});

export const staging = new JobEnvironment({
  name: "staging",
  ...production,
  variables: { ...variables("staging", true), ...runAsVariable },
});

export const prod = new JobEnvironment({
  name: "prod",
  ...production,
  variables: { ...variables("prod", false), ...runAsVariable },
});
