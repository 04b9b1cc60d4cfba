import {
  array,
  assert,
  bigInt,
  boolean,
  constantFrom,
  integer,
  json,
  oneof,
  property,
  record,
  string,
} from "fast-check";
import { compareInt64, int64Of, jobIdOf } from "../../../src/core/model/int64";
import { parseJson, stringifyJson } from "../../../src/core/model/json";

const MIN = -(2n ** 63n);
const MAX = 2n ** 63n - 1n;
const int64 = oneof(
  bigInt({ min: MIN, max: MAX }),
  constantFrom(
    MIN,
    MAX,
    2n ** 53n - 1n,
    2n ** 53n,
    2n ** 53n + 1n,
    -(2n ** 53n) - 1n,
    0n,
    8795899427664681785n,
  ),
);

describe("64-bit integers", () => {
  it("are exact from decimal text, over the whole range", () => {
    assert(
      property(int64, (value) => {
        expect(String(int64Of(String(value)))).toBe(String(value));
      }),
    );
  });

  it("are equal by ===, whatever they were read from", () => {
    assert(
      property(int64, (value) => {
        const fromText = int64Of(String(value));
        expect(int64Of(value)).toBe(fromText);
        expect(int64Of(parseJson(String(value)))).toBe(fromText);
        expect(new Set([int64Of(value), fromText]).size).toBe(1);
      }),
    );
  });

  it("are ordered as integers", () => {
    assert(
      property(int64, int64, (a, b) => {
        const [left, right] = [int64Of(a) ?? 0, int64Of(b) ?? 0];
        expect(Math.sign(compareInt64(left, right))).toBe(a < b ? -1 : a > b ? 1 : 0);
      }),
    );
  });

  it.each([
    ["a number that was rounded", Number("8795899427664681785")],
    ["a fraction", 1.5],
    ["more than 64 bits", "9223372036854775808"],
    ["20 digits", "87958994276646817850"],
    ["text", "12a"],
    ["nothing", ""],
    ["hexadecimal digits", "0x10"],
    ["white space", " 1"],
    ["null", null],
    ["a list", [1]],
  ])("are not made of %s", (_, value) => {
    expect(jobIdOf(value)).toBeUndefined();
  });
});

describe("JSON with exact integers", () => {
  it("reads what was written, over the whole range, beside any other value", () => {
    assert(
      property(
        record({
          job_id: int64,
          name: string(),
          more: array(oneof(string(), integer(), boolean())),
        }),
        ({ job_id, name, more }) => {
          const other = [more, name, `"int64:5" ${name}`, "int64:12345678901234567890"];
          const text = stringifyJson({ job_id, deep: [{ job_id }], other });
          expect(text).toContain(`"job_id":${job_id},`);
          const read = parseJson(text) as {
            job_id: unknown;
            deep: [{ job_id: unknown }];
            other: unknown;
          };
          expect(int64Of(read.job_id)).toBe(int64Of(job_id));
          expect(int64Of(read.deep[0].job_id)).toBe(int64Of(job_id));
          expect(read.other).toEqual(other);
        },
      ),
    );
  });

  it("reads everything else as JSON.parse does", () => {
    assert(
      property(json(), (text) => {
        const expected = JSON.parse(text) as unknown;
        // A double that prints as a whole number of more than 16 digits is exact text, but no exact number.
        if (/(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/.test(text)) return;
        expect(parseJson(text)).toEqual(expected);
      }),
    );
  });

  it("leaves digits in strings, fractions and exponents alone", () => {
    const text =
      '{"a":"8795899427664681785","b\\"8795899427664681785":1.8795899427664681785,"c":8795899427664681785e-3}';
    expect(parseJson(text)).toEqual(JSON.parse(text));
  });

  it("keeps the text of large integers where asked to", () => {
    expect(parseJson('{"job_id": 8795899427664681785}', String)).toEqual({
      job_id: "8795899427664681785",
    });
  });

  it("indents", () => {
    expect(stringifyJson({ run_id: 8795899427664681785n }, 2)).toBe(
      '{\n  "run_id": 8795899427664681785\n}',
    );
  });

  it("refuses what is not JSON", () => {
    expect(() => parseJson('{"job_id": 08795899427664681785}')).toThrow(SyntaxError);
  });

  it("refuses a circle as JSON.stringify does", () => {
    const circle: Record<string, unknown> = { id: 2n };
    circle.self = circle;
    expect(() => stringifyJson(circle)).toThrow(/circular/i);
  });
});
