import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { FileOfCode } from "@jobstrata/core/readers";

const FOLDER = join(__dirname, "..", "..", "fixtures", "lineage");

interface Label {
  readonly parameters: Readonly<Record<string, string>>;
  readonly reads: readonly string[];
  readonly writes: readonly string[];
}

const labels = JSON.parse(readFileSync(join(FOLDER, "labels.json"), "utf8")) as Record<
  string,
  Label
>;

describe("lineage of labelled notebooks", () => {
  it("has a label for each of at least 60 notebooks", () => {
    const notebooks = readdirSync(FOLDER).filter((name) => /\.(?:py|sql|ipynb)$/.test(name));
    expect(notebooks.sort()).toEqual(Object.keys(labels).sort());
    expect(notebooks.length).toBeGreaterThanOrEqual(60);
  });

  it("is precise to 95 % and finds 85 %; what is unknown counts as missed", () => {
    const wrong: string[] = [];
    const missed: string[] = [];
    let right = 0;
    for (const [name, { parameters, reads, writes }] of Object.entries(labels)) {
      const lineage = new FileOfCode(join(FOLDER, name)).lineage({ named: parameters });
      const wanted = new Set([
        ...reads.map((table) => `read ${table}`),
        ...writes.map((table) => `write ${table}`),
      ]);
      const found = new Set(
        (lineage?.accesses ?? [])
          .filter(({ unknown }) => unknown === undefined)
          .map((access) => `${access.write === undefined ? "read" : "write"} ${access.name}`),
      );
      for (const each of found) if (!wanted.has(each)) wrong.push(`${name}: ${each}`);
      for (const each of wanted) {
        if (found.has(each)) right++;
        else missed.push(`${name}: ${each}`);
      }
    }
    const precision = right / (right + wrong.length);
    const recall = right / (right + missed.length);
    expect(precision >= 0.95 ? [] : wrong).toEqual([]);
    expect(recall >= 0.85 ? [] : missed).toEqual([]);
    expect(right).toBeGreaterThan(150);
  });

  it("names the line of the statement, also in notebooks of JSON", () => {
    const placesIn = (name: string, parameters = {}): string[] =>
      (new FileOfCode(join(FOLDER, name)).lineage({ named: parameters })?.accesses ?? []).map(
        (access) => `${access.name}:${access.at.line ?? 0}`,
      );
    expect(placesIn("gold_sql_magic.py", { catalog: "prod" })).toEqual([
      "prod.gold.daily_sales:9",
      "prod.silver.orders:12",
      "prod.silver.products:13",
    ]);
    expect(placesIn("orders_jupyter.ipynb", { catalog: "main" })).toEqual([
      "main.silver.orders:6",
      "main.silver.customers:9",
      "main.gold.orders_by_customer:12",
    ]);
  });
});
