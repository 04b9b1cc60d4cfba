import { quoteWithSuggestion } from "../../src/core/errors";
import { JobstrataError } from "@jobstrata/cdktf";

describe("JobstrataError", () => {
  it("carries a code and no stack trace", () => {
    const error = new JobstrataError("invalid-job", "its name is too long");
    expect(error).toMatchObject({ code: "invalid-job", name: "JobstrataError" });
    expect(error.message).toMatch(
      /^its name is too long \(__tests__\/core\/errors\.test\.ts:\d+\)$/,
    );
    expect(error.stack).toBe(`JobstrataError: ${error.message}`);
    expect(error).toBeInstanceOf(Error);
  });
});

describe("quoteWithSuggestion", () => {
  it.each([
    ["catlog", ["catalog", "gold_schema"], '"catlog" (did you mean "catalog"?)'],
    ["gold_shema", ["catalog", "gold_schema"], '"gold_shema" (did you mean "gold_schema"?)'],
    [
      "alerting_tables",
      ["alerting_tables_job"],
      '"alerting_tables" (did you mean "alerting_tables_job"?)',
    ],
    ["warehouse_id", ["catalog"], '"warehouse_id"'],
    ["a", ["b"], '"a"'],
    ["catalog", [], '"catalog"'],
    ["a\u001b[31m", ["a\u001b[32m"], '"a\\u001b[31m" (did you mean "a\\u001b[32m"?)'],
  ])("of %j among %j is %s", (name, candidates, expected) => {
    expect(quoteWithSuggestion(name, candidates)).toBe(expected);
  });
});
