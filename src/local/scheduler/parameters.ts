import { MAX_RUN_PARAMETERS_BYTES, stringifyJson } from "@jobstrata/core/model";
import { invalidParameter } from "../api-error";
import {
  type JobParameter,
  LEGACY_PARAMETERS,
  type LegacyParameters,
} from "../services/jobs/records";
import type { JobSettings } from "../services/jobs/schema/settings";

/** The parameters by task type that a request has. @throws {ApiError} */
export function legacyParametersOf(request: LegacyParameters): LegacyParameters {
  const given: Record<string, unknown> = {};
  for (const name of LEGACY_PARAMETERS) {
    const value = request[name];
    if (value === undefined) continue;
    if (Buffer.byteLength(stringifyJson({ [name]: value })) > MAX_RUN_PARAMETERS_BYTES) {
      throw invalidParameter(
        `The JSON of ${name} must not exceed ${MAX_RUN_PARAMETERS_BYTES} bytes.`,
      );
    }
    given[name] = value;
  }
  if (given.notebook_params !== undefined && given.jar_params !== undefined) {
    throw invalidParameter("notebook_params cannot be used together with jar_params.");
  }
  return given;
}

/** The parameters of a run: what the job declares, with the values that are given. @throws {ApiError} */
export function jobParameters(
  jobId: number,
  settings: JobSettings,
  given: Readonly<Record<string, string>> = {},
): JobParameter[] {
  const declared = settings.parameters ?? [];
  const names = new Set(declared.map(({ name }) => name));
  const unknown = Object.keys(given).filter((name) => !names.has(name));
  if (unknown.length > 0) {
    throw invalidParameter(
      `Job ${jobId} does not declare the job parameter ${unknown.map((name) => `"${name}"`).join(", ")}.`,
    );
  }
  return declared.map(({ name, default: fallback }) => ({
    name,
    default: fallback,
    value: Object.hasOwn(given, name) ? (given[name] ?? fallback) : fallback,
  }));
}

/** The task's own parameters, overridden by those given to the run, and these by the parameters of the job. */
export function taskParameters(
  definition: Readonly<Record<string, unknown>>,
  given: LegacyParameters | undefined,
  ofJob: Readonly<Record<string, string>>,
): Record<string, string> {
  const own =
    definition.base_parameters ??
    definition.named_parameters ??
    (Array.isArray(definition.parameters) ? {} : definition.parameters);
  const byType =
    "notebook_path" in definition
      ? given?.notebook_params
      : "package_name" in definition
        ? given?.python_named_params
        : "warehouse_id" in definition
          ? given?.sql_params
          : undefined;
  return { ...(own as Record<string, string>), ...byType, ...ofJob };
}

/**
 * The command line of a Python file or a wheel: named parameters as `--name=value`, else the list of the task, which
 * `python_params` of the run replace. Only named parameters get the values of job parameters, as in the service.
 *
 * @param parameters what {@link taskParameters} gives
 */
export function taskArguments(
  definition: Readonly<Record<string, unknown>>,
  given: LegacyParameters | undefined,
  parameters: Readonly<Record<string, string>>,
): readonly string[] {
  if (given?.python_params !== undefined && given.python_named_params === undefined)
    return given.python_params;
  if (definition.named_parameters !== undefined || given?.python_named_params !== undefined)
    return Object.entries(parameters).map(([name, value]) => `--${name}=${value}`);
  return Array.isArray(definition.parameters) ? (definition.parameters as string[]) : [];
}
