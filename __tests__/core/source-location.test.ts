import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { captureSource, sourceOf } from "../../src/core/source-location";

const project = process.cwd();

describe("sourceOf", () => {
  it.each([
    ["a function", `at build (${project}/main.ts:12:3)`, "main.ts:12"],
    [
      "a constructor",
      `at new Layer (${project}/src/alerting/jobs.ts:7:1)`,
      "src/alerting/jobs.ts:7",
    ],
    ["the top of a file", `at ${project}/main.ts:12:3`, "main.ts:12"],
    ["a module", `at ${pathToFileURL(join(project, "main.mts")).href}:12:3`, "main.mts:12"],
    ["an async function", `at async build (${project}/main.ts:12:3)`, "main.ts:12"],
    ["a folder with spaces", `at build (${project}/my jobs/main.ts:12:3)`, "my jobs/main.ts:12"],
  ])("knows %s", (_what, frame, expected) => {
    expect(sourceOf(["Error", `    ${frame}`])).toBe(expected);
  });

  it.each([
    ["Node's", "at Module._compile (node:internal/modules/cjs/loader:1521:14)"],
    ["a package's", `at new Construct (${project}/node_modules/constructs/lib/construct.js:1:1)`],
    ["this library's", `at new AtomicJob (${project}/src/constructs/atomic-job.ts:1:1)`],
    ["anonymous", "at <anonymous>"],
  ])("skips a frame that is %s", (_whose, frame) => {
    expect(sourceOf([frame])).toBeUndefined();
    expect(sourceOf([frame, `at build (${project}/main.ts:12:3)`])).toBe("main.ts:12");
  });
});

describe("captureSource", () => {
  class TablesJob {
    public readonly source = captureSource(TablesJob);
  }

  it("gives the line that called the constructor", () => {
    expect(new TablesJob().source()).toMatch(/^__tests__\/core\/source-location\.test\.ts:\d+$/);
  });

  it("leaves the limit of stack traces alone", () => {
    const before = Error.stackTraceLimit;
    new TablesJob();
    expect(Error.stackTraceLimit).toBe(before);
  });
});
