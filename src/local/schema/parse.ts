import type * as z from "zod";
import { ApiError, invalidParameter, malformedRequest } from "../api-error";

/**
 * Validates `value` against `schema`.
 * @throws {ApiError} that names the first invalid field: unknown, missing, of the wrong type or out of range
 */
export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const given = withoutNulls(value);
  let result = schema.safeParse(given, { reportInput: true });
  if (!result.success && result.error.issues.map((issue) => readNumber(given, issue)).some(Boolean))
    result = schema.safeParse(given, { reportInput: true });
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw issue === undefined ? malformedRequest("invalid request") : asApiError(issue);
}

/**
 * Converts a number sent as text. Airflow sends all numbers as text, and Databricks accepts them, as protobuf's JSON
 * does.
 * @returns whether a number was converted
 */
function readNumber(given: unknown, { code, path, ...issue }: z.core.$ZodIssue): boolean {
  const { expected, input } = issue as { expected?: string; input?: unknown };
  if (code !== "invalid_type" || (expected !== "number" && expected !== "int")) return false;
  if (typeof input !== "string" || !/^-?\d{1,15}(\.\d{1,15})?$/.test(input)) return false;
  const [field, ...holders] = path.toReversed();
  const holder = holders.reduceRight<unknown>(
    (inner, name) => (inner as Record<PropertyKey, unknown>)[name],
    given,
  );
  if (field === undefined || typeof holder !== "object" || holder === null) return false;
  return Reflect.set(holder, field, Number(input));
}

function asApiError(issue: z.core.$ZodIssue): ApiError {
  const field = pathOf(issue.path);
  if (issue.code === "unrecognized_keys") {
    const where = field === "" ? "" : ` in ${field}`;
    return invalidParameter(`Could not parse request object: ${issue.message}${where}.`);
  }
  if (issue.code === "invalid_type" && issue.expected === "never") {
    return invalidParameter(`${field}: ${issue.message}.`);
  }
  if (issue.code === "invalid_type") {
    if (issue.input === undefined) return invalidParameter(`Missing required field: ${field}`);
    const where = field === "" ? "the request" : `field ${field}`;
    return malformedRequest(
      `Could not parse request object: expected ${issue.expected} for ${where}.`,
    );
  }
  if (issue.code === "invalid_value") {
    const allowed = issue.values.map(String).join(", ");
    const got = JSON.stringify(issue.input);
    return invalidParameter(`Invalid value ${got} for ${field}: it must be one of ${allowed}.`);
  }
  const got = typeof issue.input === "object" ? "" : ` (got ${abbreviated(issue.input)})`;
  return invalidParameter(`${field} ${issue.message}${got}.`);
}

function abbreviated(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}

function pathOf(path: PropertyKey[]): string {
  let text = "";
  for (const part of path) {
    text += typeof part === "number" ? `[${part}]` : `${text === "" ? "" : "."}${String(part)}`;
  }
  return text;
}

/** Removes nulls: as in protobuf's JSON, Databricks treats a null field as absent. */
function withoutNulls(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutNulls);
  const copy: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    if (member === null) continue;
    // A plain assignment to `__proto__` would set the prototype of the copy.
    Object.defineProperty(copy, key, {
      value: withoutNulls(member),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return copy;
}
