import { JobEnvironment, type JobEnvironmentProps } from "@jobstrata/cdktf";

/** What the jobs of each level have, unless they say otherwise: a failed notebook is tried again, a night has an end. */
const defaults: JobEnvironmentProps["defaults"] = {
  atomic: { maxRetries: 2, minRetryIntervalMillis: 60_000, timeoutSeconds: 3600 },
  composite: { timeoutSeconds: 2 * 3600 },
  orchestrator: { timeoutSeconds: 6 * 3600 },
};

export const environments: readonly JobEnvironment[] = [
  new JobEnvironment({
    name: "dev",
    mode: "development",
    variables: { catalog: "main" },
    defaults,
  }),
  new JobEnvironment({
    name: "prod",
    mode: "production",
    variables: {
      catalog: "main",
      run_as_service_principal: {
        description: "Application id of the service principal that the jobs run as",
      },
      on_call: { description: "E-mail address that hears of a failed night" },
    },
    runAs: { servicePrincipalName: "${var.run_as_service_principal}" },
    permissions: [{ groupName: "users", level: "CAN_VIEW" }],
    failureNotifications: { emails: ["${var.on_call}"] },
    defaults,
  }),
];
