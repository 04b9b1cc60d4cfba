import { ONLY_CDKTN, UNSUPPORTED } from "../../../src/cli/emit";
import { JOB_SCHEMA, type ObjectShape } from "@jobstrata/core/model";
import * as cdktf from "../../../src/local/provider/schema-1.99.json";
import * as cdktn from "../../../src/local/provider/schema-1.132.json";

interface Block {
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly blocks?: Readonly<Record<string, Block>>;
}

/** Settings that no argument of the provider takes, by their paths. */
function missing(shape: ObjectShape, block: Block, path = ""): string[] {
  const names = new Map(Object.entries(shape.terraform ?? {}).map(([tf, api]) => [api, tf]));
  return Object.entries(shape.fields).flatMap(([field, inner]) => {
    const where = path === "" ? field : `${path}.${field}`;
    const name = names.get(field) ?? field;
    const nested = block.blocks?.[name];
    if (nested === undefined) return block.attributes?.[name] === undefined ? [where] : [];
    const of = inner.kind === "list" ? inner.of : inner;
    return of.kind === "object" ? missing(of, nested, where) : [];
  });
}

/** Of bundles, or written by other resources and classes. */
const ELSEWHERE = [
  "access_control_list",
  "lifecycle",
  "notification_settings.alert_on_last_attempt",
];
const isNamed = (where: string, ends: readonly string[]): boolean =>
  ends.some((end) => where === end || where.endsWith(`.${end}`));

describe("what a generated Job cannot say", () => {
  const of = (schema: object): string[] =>
    missing(JOB_SCHEMA, (schema as { databricks_job: Block }).databricks_job).filter(
      (where) => !ELSEWHERE.includes(where),
    );

  it("is named for the provider of CDKTF, and nothing else is", () => {
    const lacking = of(cdktf);
    expect(lacking.filter((where) => !isNamed(where, [...UNSUPPORTED, ...ONLY_CDKTN]))).toEqual([]);
    for (const end of ONLY_CDKTN)
      expect([
        end,
        lacking.some((where) => isNamed(where, [end.replace(/^task\./, "task.")])),
      ]).toEqual([end, true]);
  });

  it("is named for the provider of CDKTN", () => {
    const lacking = of(cdktn);
    expect(lacking.filter((where) => !isNamed(where, UNSUPPORTED))).toEqual([]);
    for (const end of UNSUPPORTED)
      expect([end, lacking.some((where) => isNamed(where, [end]))]).toEqual([end, true]);
  });
});
