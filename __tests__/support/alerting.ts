import type { Construct } from "constructs";
import {
  AtomicJob,
  type AtomicJobProps,
  JobEnvironment,
  type JobEnvironmentProps,
  JobLayer,
  NotebookSource,
} from "@jobstrata/cdktf";
import { type Attributes, type Synthesized, synthesize } from "./synth";

/** An environment in development mode, with the variables of the alerting layer. */
export function devEnvironment(props: Partial<JobEnvironmentProps> = {}): JobEnvironment {
  return new JobEnvironment({
    name: "dev",
    mode: "development",
    variables: { catalog: "dev", gold_schema: "gold" },
    ...props,
  });
}

/** An environment in production mode, with all that it demands. */
export function prodEnvironment(props: Partial<JobEnvironmentProps> = {}): JobEnvironment {
  return new JobEnvironment({
    name: "prod",
    mode: "production",
    runAs: { servicePrincipalName: "4f0a8b5e-alerting" },
    permissions: [{ groupName: "analysts", level: "CAN_VIEW" }],
    ...props,
  });
}

/** The stacks of the alerting layer in one environment. */
export function alertingLayer(app: Construct, environment = devEnvironment()): JobLayer {
  return new JobLayer(app, "alerting", { environment });
}

/** A notebook that is in the workspace already. */
export function notebook(name: string): NotebookSource {
  return NotebookSource.fromWorkspace(`/Shared/alerting/${name}`);
}

/** An app with `alerting_tables_job` alone. */
export function synthesizeTablesJob(
  props: Partial<AtomicJobProps> = {},
  environment = devEnvironment(),
): Synthesized {
  return synthesize((app) => {
    new AtomicJob(alertingLayer(app, environment).atomic, "alerting_tables_job", {
      purpose: "setup",
      notebook: notebook("setup_alerting_tables"),
      ...props,
    });
  });
}

/** The arguments of `alerting_tables_job` with these props. */
export function tablesJob(
  props: Partial<AtomicJobProps> = {},
  environment = devEnvironment(),
): Attributes {
  return synthesizeTablesJob(props, environment).job("alerting_tables_job");
}
