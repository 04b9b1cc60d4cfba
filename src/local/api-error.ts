import type { Int64 } from "@jobstrata/core/model";

/** The error codes of the Databricks REST API that the local workspace uses. */
type ApiErrorCode =
  | "ABORTED"
  | "ENDPOINT_NOT_FOUND"
  | "INTERNAL_ERROR"
  | "INVALID_PARAMETER_VALUE"
  | "INVALID_STATE"
  | "MALFORMED_REQUEST"
  | "PERMISSION_DENIED"
  | "REQUEST_LIMIT_EXCEEDED"
  | "RESOURCE_ALREADY_EXISTS"
  | "RESOURCE_DOES_NOT_EXIST"
  | "RESOURCE_LIMIT_EXCEEDED"
  | "DIRECTORY_NOT_EMPTY"
  | "DIRECTORY_PROTECTED"
  | "NOT_IMPLEMENTED"
  | "MAX_NOTEBOOK_SIZE_EXCEEDED"
  | "TEMPORARILY_UNAVAILABLE"
  | "DEADLINE_EXCEEDED"
  | "UNAUTHENTICATED";

/** An error response: an HTTP status and `{"error_code": …, "message": …}`. */
export class ApiError extends Error {
  public constructor(
    public readonly status: number,
    public readonly errorCode: ApiErrorCode,
    message: string,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

export const invalidParameter = (message: string): ApiError =>
  new ApiError(400, "INVALID_PARAMETER_VALUE", message);

export const malformedRequest = (message: string): ApiError =>
  new ApiError(400, "MALFORMED_REQUEST", message);

/** An error for invalid JSON. Omits the text that `JSON.parse` quotes, which may hold a secret. */
export const notJson = (error: unknown): ApiError => {
  const { message } = error as Error;
  return malformedRequest(
    `The request is not valid JSON: ${message.replace(/, (?:\.{3})?".*" is not valid JSON$/s, "")}`,
  );
};

export const alreadyExists = (message: string): ApiError =>
  new ApiError(400, "RESOURCE_ALREADY_EXISTS", message);

export const doesNotExist = (message: string): ApiError =>
  new ApiError(404, "RESOURCE_DOES_NOT_EXIST", message);

export const invalidState = (message: string): ApiError =>
  new ApiError(400, "INVALID_STATE", message);

/** The Jobs API answers 400, not 404, for an unknown job or run. */
export const jobNotFound = (jobId: Int64): ApiError =>
  invalidParameter(`Job ${jobId} does not exist.`);

export const runNotFound = (runId: Int64): ApiError =>
  invalidParameter(`Run ${runId} does not exist.`);

export const pathNotFound = (path: string): ApiError =>
  doesNotExist(`Path (${path}) doesn't exist.`);
