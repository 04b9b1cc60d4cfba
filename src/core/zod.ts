/** The part of zod that this package uses. The build bundles it into this file, so that the package contains it once. */
export {
  array,
  boolean,
  enum,
  iso,
  literal,
  looseObject,
  number,
  object,
  record,
  strictObject,
  string,
  toJSONSchema,
} from "zod";
export type { infer, ZodType } from "zod";
