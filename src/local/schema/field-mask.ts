import { isObject } from "@jobstrata/core/model";
import * as z from "zod";
import { quoteWithSuggestion } from "@jobstrata/core/errors";
import { invalidParameter } from "../api-error";

type Fields = Record<string, unknown>;

/**
 * Parses a field mask such as `display_name,evaluation.threshold`; `*` means every field of `shape`.
 * @throws {ApiError} if the mask is empty, or names an unknown field or an element of a list or map
 */
export function parseMask(mask: string, shape: z.ZodObject): string[][] {
  if (mask === "*") return Object.keys(shape.shape).map((field) => [field]);
  if (mask === "")
    throw invalidParameter(
      "Field 'update_mask' is required: it names the fields to update, separated by commas; * means all of them.",
    );
  return mask.split(",").map((written) => {
    const path = written.split(".");
    let level: z.core.$ZodType | undefined = shape;
    for (const [index, name] of path.entries()) {
      const fields: Record<string, z.core.$ZodType> = fieldsOf(level);
      if (!Object.hasOwn(fields, name)) {
        const where = index === 0 ? "" : ` in ${path.slice(0, index).join(".")}`;
        throw invalidParameter(
          `update_mask names the unknown field ${quoteWithSuggestion(name.slice(0, 100), Object.keys(fields))}${where}.`,
        );
      }
      level = fields[name];
    }
    return path;
  });
}

function fieldsOf(type: z.core.$ZodType | undefined): Record<string, z.core.$ZodType> {
  const inner = type instanceof z.ZodOptional ? type.unwrap() : type;
  return inner instanceof z.ZodObject ? inner.shape : {};
}

/** Copies the values at `paths` from `changes` to `before`. Removes a path that has no value in `changes`. */
export function applyMask(before: Fields, changes: Fields, paths: readonly string[][]): Fields {
  const after = structuredClone(before);
  for (const path of paths) {
    const last = path.at(-1) ?? "";
    let source: unknown = changes;
    for (const name of path) source = isObject(source) ? source[name] : undefined;
    let target = after;
    for (const name of path.slice(0, -1)) {
      const next = target[name];
      target = isObject(next) ? next : (target[name] = {});
    }
    if (source === undefined || source === null) Reflect.deleteProperty(target, last);
    else target[last] = source;
  }
  return after;
}
