import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { codeAt } from "../../../../src/core/readers/code/code-at";
import { tempFolder } from "../../../support/policy";

const MANIFEST = {
  nodes: {
    "model.shop.orders": {
      resource_type: "model",
      name: "orders",
      database: "main",
      schema: "silver",
      original_file_path: "models/orders.sql",
      config: { materialized: "incremental" },
      depends_on: { nodes: ["source.shop.raw.orders", "model.shop.stage"] },
    },
    "model.shop.stage": {
      resource_type: "model",
      name: "stage",
      database: "main",
      schema: "silver",
      config: { materialized: "ephemeral" },
      depends_on: { nodes: [] },
    },
    "seed.shop.rates": { resource_type: "seed", name: "rates", schema: "ref" },
  },
  sources: {
    "source.shop.raw.orders": {
      resource_type: "source",
      name: "orders",
      database: "raw",
      schema: "erp",
    },
  },
};

function lineage(commands: readonly string[], manifest?: object): string[] {
  const folder = tempFolder();
  mkdirSync(join(folder, "target"));
  if (manifest !== undefined)
    writeFileSync(join(folder, "target", "manifest.json"), JSON.stringify(manifest));
  const found = codeAt(folder).lineage({ named: {}, positional: commands });
  return [
    ...(found?.accesses ?? []).map(({ name, write }) => `${write ?? "read"} ${name}`),
    ...(found?.problems ?? []).map(({ message }) => message),
  ];
}

describe("DbtProject", () => {
  it("has the models of the commands in the manifest", () => {
    expect(lineage(["dbt deps", "dbt run"], MANIFEST)).toEqual([
      "read raw.erp.orders",
      "merge main.silver.orders",
    ]);
    expect(lineage(["dbt seed"], MANIFEST)).toEqual(["overwrite ref.rates"]);
    expect(lineage(["dbt run --select stage"], MANIFEST)).toEqual([]);
  });

  it("does not guess what a selection means", () => {
    expect(lineage(["dbt run --select tag:daily+"], MANIFEST)).toEqual([
      'the selection of "dbt run --select tag:daily+" is not followed',
    ]);
  });

  it("reports a project that was not compiled", () => {
    expect(lineage(["dbt run"])).toEqual([
      "the dbt project has no target/manifest.json; dbt compile writes it",
    ]);
  });
});
