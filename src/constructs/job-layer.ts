import type { Construct } from "constructs";
import type { JobEnvironment } from "./job-environment";
import { JobStack } from "./job-stack";

/** Options of a {@link JobLayer}. */
export interface JobLayerProps {
  readonly environment: JobEnvironment;
  /**
   * One stack, `<layer>-<env>`, instead of two.
   * @default false
   */
  readonly singleStack?: boolean;
}

/**
 * The stacks of one layer, such as `alerting`, in one environment: `alerting-dev-atomic` and `alerting-dev-composite`.
 * Atomic jobs can be deployed and tested before anything orchestrates them.
 */
export class JobLayer {
  /** For atomic jobs. */
  public readonly atomic: JobStack;
  /** For composite jobs; the same stack as {@link atomic} if there is only one. */
  public readonly composite: JobStack;
  public readonly environment: JobEnvironment;

  /**
   * @param scope the app
   * @param name name of the layer: begins the names of its stacks, and is the tag `layer` of its jobs
   */
  public constructor(
    scope: Construct,
    name: string,
    { environment, singleStack = false }: JobLayerProps,
  ) {
    const props = { environment, layer: name };
    const stack = `${name}-${environment.name}`;
    this.environment = environment;
    this.atomic = new JobStack(scope, singleStack ? stack : `${stack}-atomic`, props);
    this.composite = singleStack ? this.atomic : new JobStack(scope, `${stack}-composite`, props);
  }
}
