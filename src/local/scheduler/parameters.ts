import { MAX_RUN_PARAMETERS_BYTES, stringifyJson } from "@jobstrata/core/model";
import { invalidParameter } from "../api-error";
import {
  type JobParameter,
  LEGACY_PARAMETERS,
  type LegacyParameters,
} from "../services/jobs/records";
import type { JobSettings } from "../services/jobs/schema/settings";

/** The parameters by task type in a request. @throws {ApiError} if they are invalid */
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

/**
 * The job parameters of a run, with defaults overridden by the given values. @throws {ApiError} for an undeclared
 * parameter
 */
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

/** A task's parameters: its own, overridden by those of the run, overridden by those of the job. */
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
 * The arguments of a Python file or wheel: named parameters as `--name=value`, otherwise the task's list, which the
 * run's `python_params` replace. As in Databricks, only named parameters get job parameter values.
 *
 * @param parameters result of {@link taskParameters}
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
