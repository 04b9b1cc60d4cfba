import * as z from "zod";
import { quoteWithSuggestion } from "@jobstrata/core/errors";
import { type Int64, int64Of, TASK_KEY_PATTERN } from "@jobstrata/core/model";

/** An object schema that rejects unknown fields by name. */
export function object<Shape extends z.ZodRawShape>(
  shape: Shape,
): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== "unrecognized_keys") return undefined;
      const names = issue.keys.map((key) => quoteWithSuggestion(key, Object.keys(shape)));
      return `unknown field ${names.join(", ")}`;
    },
  });
}

/** Like Databricks, accepts a 64-bit integer as a JSON string too. */
export const int64 = z.unknown().transform((value, context): Int64 => {
  const exact = int64Of(value);
  if (exact !== undefined) return exact;
  context.issues.push({ code: "invalid_type", expected: "int", input: value });
  return z.NEVER;
});

export const int32 = z
  .int()
  .min(-(2 ** 31))
  .max(2 ** 31 - 1);

export const stringMap = z.record(z.string(), z.string());
export const strings = z.array(z.string());

/** A string of at most `limit` bytes in UTF-8. */
export const text = (limit: number): z.ZodString =>
  z.string().refine((value) => Buffer.byteLength(value) <= limit, `must not exceed ${limit} bytes`);

/** A task, environment or cluster key. @param what the kind of key, for messages */
export const key = (what: string): z.ZodString =>
  z
    .string()
    .regex(
      TASK_KEY_PATTERN,
      `is not a valid ${what}: 1 to 100 letters, digits, "_" or "-" are allowed`,
    );

/** The name of a job parameter. */
export const parameterName = z
  .string()
  .regex(
    /^[A-Za-z0-9_.-]{1,255}$/,
    `is not a valid parameter name: letters, digits, "_", "-" and "." are allowed`,
  );
