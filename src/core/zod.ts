/** What this package uses of zod. The build puts it into this file, so that the package holds it once. */
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
