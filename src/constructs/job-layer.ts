import type { Construct } from "constructs";
import { JobstrataError } from "@jobstrata/core/errors";
import { JobEnvironment } from "./job-environment";
import { JobStack } from "./job-stack";
import { placeOf } from "./place-of";
import { flag, made, object, type Shapes, text } from "./shape";

/** Options of a {@link JobLayer}. */
export interface JobLayerProps {
  readonly environment: JobEnvironment;
  /**
   * Creates one stack, `<layer>-<env>`, instead of one for each level.
   * @default false
   */
  readonly singleStack?: boolean | undefined;
}

const LAYER: Shapes<JobLayerProps> = {
  environment: made((value) => JobEnvironment.isJobEnvironment(value), "a JobEnvironment"),
  singleStack: flag,
};

/**
 * The stacks of one layer, such as `alerting`, in one environment: `alerting-dev-atomic`, `alerting-dev-composite` and,
 * if it is used, `alerting-dev-orchestrator`. Lower levels can be deployed and tested before anything runs them.
 */
export class JobLayer {
  /** The stack for atomic jobs. */
  public readonly atomic: JobStack;
  /** The stack for composite jobs; the same as {@link atomic} if there is only one. */
  public readonly composite: JobStack;
  public readonly environment: JobEnvironment;

  readonly #makeOrchestrator: () => JobStack;
  #orchestrator: JobStack | undefined;

  /**
   * @param scope the app
   * @param name of the layer: prefix of its stack names, and tag `layer` of its jobs
   * @throws {JobstrataError} `invalid-stack` if the app already has this layer
   */
  public constructor(scope: Construct, name: string, props: JobLayerProps) {
    const problem = text(name, "name") ?? object(LAYER, "environment")(props, "");
    if (problem !== undefined)
      throw new JobstrataError("invalid-stack", `${placeOf(scope, name)} layer: ${problem}`);
    const { environment, singleStack = false } = props;
    const stackProps = { environment, layer: name };
    const stack = `${name}-${environment.name}`;
    this.environment = environment;
    this.atomic = new JobStack(scope, singleStack ? stack : `${stack}-atomic`, stackProps);
    this.composite = singleStack
      ? this.atomic
      : new JobStack(scope, `${stack}-composite`, stackProps);
    this.#makeOrchestrator = () =>
      singleStack ? this.atomic : new JobStack(scope, `${stack}-orchestrator`, stackProps);
  }

  /**
   * The stack for an orchestrator of this layer's composite jobs. The first access creates it. Put an orchestrator of
   * several layers in its own `JobStack`.
   *
   * @throws {JobstrataError} `invalid-stack` if the stack's name is taken
   */
  public get orchestrator(): JobStack {
    return (this.#orchestrator ??= this.#makeOrchestrator());
  }
}
