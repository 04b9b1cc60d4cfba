import { ExtData, encode } from "@msgpack/msgpack";
import {
  array,
  assert,
  bigInt,
  constant,
  dictionary,
  oneof,
  property,
  record,
  string,
  boolean,
  double,
  integer,
  option,
} from "fast-check";
import {
  UNKNOWN,
  ValueError,
  conform,
  decodeJson,
  decodeMsgpack,
  emptyObject,
  encodeMsgpack,
} from "../../../src/local/provider/cty";
import { buildSchema } from "../../../src/local/provider/schema";
import { schemaOf } from "../../../src/local/provider/schemas";

const { block } = buildSchema(
  0,
  {
    attributes: {
      name: "string!",
      count: "number",
      on: "bool",
      tags: "map(string)",
      to: "list(string)",
    },
    blocks: {
      step: { attributes: { key: "string!" } },
      timeouts: { nesting: "single", attributes: { create: "string" } },
    },
  },
  {},
);

const maybe = <T>(arbitrary: Parameters<typeof option<T>>[0]) =>
  oneof(option(arbitrary), constant(UNKNOWN));
const number = oneof(
  integer(),
  integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }),
  double({ noNaN: true, noDefaultInfinity: true, maxExcluded: true, min: -1e12, max: 1e12 }).map(
    (value) => (Object.is(value, -0) ? 0 : value),
  ),
);
const state = record({
  name: maybe(string({ unit: "grapheme" })),
  count: maybe(number),
  on: maybe(boolean()),
  tags: maybe(
    dictionary(
      string().filter((key) => key !== "__proto__"),
      oneof(string(), constant(UNKNOWN)),
      { noNullPrototype: true },
    ),
  ),
  to: maybe(array(oneof(string(), constant(UNKNOWN)))),
  step: oneof(array(record({ key: maybe(string()) })), constant(UNKNOWN)),
  timeouts: option(record({ create: maybe(string()) })),
});

describe("Terraform's values", () => {
  it("survive a round trip with unknown values at any depth", () => {
    assert(
      property(state, (value) => {
        expect(decodeMsgpack(encodeMsgpack(value), block)).toEqual(value);
      }),
      { numRuns: 500 },
    );
  });

  it("come back from the JSON of a state file", () => {
    const known = { ...emptyObject(block), name: "seed_all_alerts", step: [{ key: "merge" }] };
    expect(decodeJson(JSON.stringify(known), block)).toEqual(known);
  });

  it("takes an unknown of which something is known (type 12) for a plain unknown", () => {
    const refined = new ExtData(12, encode(new Map([[1, false]])));
    expect(decodeMsgpack(encode({ name: refined }), block)).toMatchObject({ name: UNKNOWN });
  });

  it("writes a plain unknown as Terraform does", () => {
    expect([...encodeMsgpack({ name: UNKNOWN })].slice(-3)).toEqual([0xd4, 0, 0]);
  });

  it("fills in what is absent: null for an argument and a single block, nothing for a list of blocks", () => {
    expect(conform({ name: "x" }, block)).toEqual({
      name: "x",
      count: null,
      on: null,
      tags: null,
      to: null,
      step: [],
      timeouts: null,
    });
  });

  it("drops what a state of an older schema still has", () => {
    expect(decodeJson('{"name":"x","gone":1}', block)).not.toHaveProperty("gone");
  });

  it("hold every integer of 64 bits exactly, on the wire and in a state file", () => {
    assert(
      property(bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const small = BigInt.asIntN(54, value) === value && Number.isSafeInteger(Number(value));
        const count = small ? Number(value) : value;
        expect(decodeMsgpack(encodeMsgpack({ count }), block)?.count).toBe(count);
        expect(decodeJson(`{"count": ${value}}`, block)?.count).toBe(count);
      }),
    );
  });

  it.each([
    ["an integer of 65 bits", encode({ count: 2n ** 63n }, { useBigInt64: true })],
    ["a number that Terraform writes as text", encode({ count: "123456789012345678901234567890" })],
  ])("refuses %s instead of rounding it", (_, bytes) => {
    expect(() => decodeMsgpack(bytes, block)).toThrow(ValueError);
    expect(() => decodeMsgpack(bytes, block)).toThrow(/too large to be handled exactly/);
  });

  it("says where a value does not fit", () => {
    const wrong = (): unknown => conform({ step: [{ key: "a" }, { key: 3 }] }, block);
    expect(wrong).toThrow("expected a string, got 3");
    expect(wrong).toThrow(expect.objectContaining({ path: ["step", 1, "key"] }) as Error);
  });

  it("takes time in proportion to the number of tasks", () => {
    const job = schemaOf("databricks_job", "1.99").block;
    const seconds = (tasks: number): number => {
      const value = conform(
        { task: Array.from({ length: tasks }, (_, i) => ({ task_key: `task_${i}` })) },
        job,
      );
      // Processor time: what else the machine does takes none of it.
      const start = process.cpuUsage();
      decodeMsgpack(encodeMsgpack(value), job);
      const { user, system } = process.cpuUsage(start);
      return (user + system) / 1e6;
    };
    const least = (tasks: number): number => Math.min(...[1, 2, 3].map(() => seconds(tasks)));
    seconds(1000);
    const small = least(500);
    // Ten times the tasks; a quadratic codec would need a hundred times as long.
    expect(least(5000)).toBeLessThan(Math.max(0.05, small * 40));
  });
});
