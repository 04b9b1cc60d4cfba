import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { formatted } from "../../support/prettier";
import {
  call,
  type Code,
  data,
  importLine,
  list,
  object,
  raw,
  statement,
  text,
} from "../../../src/cli/emit/project/code";

const name = fc.constantFrom(
  "a",
  "name",
  "quartzCronExpression",
  "a-b",
  "x.y",
  "emailNotifications",
);
const words = fc.constantFrom(
  "dev",
  'say "so"',
  "it's",
  "x".repeat(70),
  "a b ${var.catalog}",
  "é\n\u2028",
);

const code: fc.Arbitrary<Code> = fc.letrec<{ code: Code }>((tie) => ({
  code: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    words.map(text),
    fc.integer({ min: 0, max: 9999 }).map((value) => raw(String(value))),
    fc.constantFrom("true", "undefined", "jobs.orders").map(raw),
    fc.constant(call("environment.variable", text("catalog"))),
    fc.array(words.map(text), { maxLength: 4 }).map(list),
    fc
      .uniqueArray(fc.tuple(name, tie("code")), { maxLength: 4, selector: ([each]) => each })
      .map((entries) => object(entries.map(([each, value]) => ({ name: each, value })))),
    fc
      .uniqueArray(fc.tuple(name, words.map(text)), {
        minLength: 1,
        maxLength: 3,
        selector: ([each]) => each,
      })
      .map((entries) =>
        call(
          "JobTrigger.schedule",
          object(entries.map(([each, value]) => ({ name: each, value }))),
        ),
      ),
  ),
})).code;

describe("the layout of code", () => {
  it("is Prettier's", async () => {
    await fc.assert(
      fc.asyncProperty(code, fc.boolean(), async (props, isReturned) => {
        const made = call(
          "new AtomicJob",
          raw("stack"),
          text("orders_job"),
          object([{ name: "props", value: props }], true),
        );
        const lines = isReturned
          ? `function f() {\n${statement(made, { name: "return", indent: 2 })}}\n`
          : statement(made, { name: "const job" });
        expect(await formatted(lines)).toBe(lines);
      }),
      { numRuns: 200 },
    );
  });

  it("means what it was made of", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.array(fc.string()), fc.boolean())),
        (value) => {
          const written = statement(data(value), { name: "return" });
          const parsed = runInNewContext(`(() => { ${written} })()`) as Record<string, unknown>;
          expect(JSON.stringify(parsed)).toBe(JSON.stringify(value));
        },
      ),
    );
  });

  it("breaks imports that are too long", () => {
    expect(importLine(["type JobStack", "AtomicJob"], "@jobstrata/cdktf")).toBe(
      'import { AtomicJob, type JobStack } from "@jobstrata/cdktf";\n',
    );
    expect(
      importLine(["NotebookSource", "AtomicJob", "JobCompute", "JobTrigger"], "@jobstrata/cdktf"),
    ).toBe(
      'import {\n  AtomicJob,\n  JobCompute,\n  JobTrigger,\n  NotebookSource,\n} from "@jobstrata/cdktf";\n',
    );
  });
});
