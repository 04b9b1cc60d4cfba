import * as z from "zod";
import { LOCAL_WAREHOUSE_ID } from "@jobstrata/core/model";
import { int64, object } from "../../schema/shape";
import type { SqlStatements, Waiting } from "./statements";
import { get, post, type Route } from "../../http/route";
import { warehouseNotFound } from "./warehouses";

const executeBody = object({
  byte_limit: int64.optional(),
  catalog: z.string().optional(),
  disposition: z.enum(["INLINE"]).optional(),
  format: z.enum(["JSON_ARRAY"]).optional(),
  on_wait_timeout: z.enum(["CONTINUE", "CANCEL"]).optional(),
  parameters: z
    .array(object({ name: z.string(), type: z.string().optional(), value: z.string().optional() }))
    .optional(),
  query_tags: z.array(object({ key: z.string(), value: z.string().optional() })).optional(),
  row_limit: z.int().min(1, "must be 1 or more").optional(),
  schema: z.string().optional(),
  statement: z.string().max(16 * 1024 * 1024, "must not exceed 16 MiB"),
  wait_timeout: z
    .string()
    .regex(/^(?:0|[5-9]|[1-4]\d|50)s$/, "must be 0s, or from 5s to 50s")
    .optional(),
  warehouse_id: z.string(),
});

/** Statement Execution API on the local warehouse. Supports inline results as JSON arrays only. */
export function sqlStatementRoutes(statements: SqlStatements): Route[] {
  const path = "sql/statements";
  return [
    post(path, ["2.0"], executeBody, ({ body }) => {
      if (body.warehouse_id !== LOCAL_WAREHOUSE_ID) throw warehouseNotFound(body.warehouse_id);
      const { catalog, schema, parameters, row_limit } = body;
      return statements.execute(
        {
          sql: body.statement,
          ...(catalog === undefined ? {} : { catalog }),
          ...(schema === undefined ? {} : { schema }),
          ...(row_limit === undefined ? {} : { rowLimit: row_limit }),
          ...(parameters === undefined
            ? {}
            : {
                parameters: parameters.map(({ name, value = null, type = "STRING" }) => ({
                  name,
                  value,
                  type,
                })),
              }),
        },
        waitingOf(body),
      );
    }),
    get(`${path}/*`, ["2.0"], object({}), ({ wildcard }) => statements.get(wildcard)),
    get(`${path}/*/result/chunks/*`, ["2.0"], object({}), ({ wildcards: [id = "", index = ""] }) =>
      statements.chunk(id, /^\d{1,6}$/.test(index) ? +index : Infinity),
    ),
    post(`${path}/*/cancel`, ["2.0"], object({}), ({ wildcard }) => statements.cancel(wildcard)),
  ];
}

function waitingOf({
  wait_timeout = "10s",
  on_wait_timeout,
}: z.infer<typeof executeBody>): Waiting {
  return { timeout: parseInt(wait_timeout) * 1000, onTimeout: on_wait_timeout ?? "CONTINUE" };
}
