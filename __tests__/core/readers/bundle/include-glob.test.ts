import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { includeGlob, matches } from "../../../../src/core/readers/bundle/include-glob";
import { tempFolder } from "../../../support/policy";

describe("include", () => {
  test.each([
    ["seed.yml", "*.yml", true],
    [".hidden.yml", "*.yml", true],
    ["seed.yaml", "*.yml", false],
    ["seed.yml", "s??d.yml", true],
    ["seed.yml", "[p-t]eed.yml", true],
    ["seed.yml", "[^p-t]eed.yml", false],
    ["seed.yml", "[abc]eed.yml", false],
    ["a-b.yml", "a[+\\-]b.yml", true],
    ["a*b", "a\\*b", true],
    ["axb", "a\\*b", false],
    ["{a,b}.yml", "{a,b}.yml", true],
    ["a.yml", "{a,b}.yml", false],
    ["aab", "*a*b", true],
    ["", "*", true],
    ["ab", "a", false],
    ["a", "ab", false],
    ["😀.yml", "?.yml", true],
  ])("%s fits %s: %s", (name, pattern, expected) => {
    expect(matches(name, pattern)).toBe(expected);
  });

  test("a pattern of many stars terminates for any path", () => {
    expect(matches("a".repeat(250), `${"*a".repeat(100)}b`)).toBe(false);
  });

  test("finds what the Databricks CLI finds: ** is one folder, links to folders are followed, circles end", () => {
    const folder = tempFolder();
    mkdirSync(join(folder, "resources", "alerting", "deep"), { recursive: true });
    for (const file of [
      "a.yml",
      "resources/b.yml",
      "resources/alerting/c.yml",
      "resources/alerting/deep/d.yml",
    ])
      writeFileSync(join(folder, file), "");
    symlinkSync("..", join(folder, "resources", "up"));
    symlinkSync(".", join(folder, "resources", "here"));
    const found = (pattern: string): string[] =>
      includeGlob(folder, pattern).map(({ path }) => relative(folder, path));
    expect(found("resources/*.yml")).toEqual(["resources/b.yml"]);
    expect(found("./resources/**/*.yml")).toEqual([
      "resources/alerting/c.yml",
      "resources/here/b.yml",
      "resources/up/a.yml",
    ]);
    expect(found("resources/alerting/../b.yml")).toEqual(["resources/b.yml"]);
    expect(found(`${"*/".repeat(60)}*.yml`).length).toBeLessThan(5);
    expect(found("gone/*.yml")).toEqual([]);
    expect(found("a.yml/*.yml")).toEqual([]);
  });
});
