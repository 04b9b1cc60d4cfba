import {
  array,
  assert,
  boolean,
  integer,
  option,
  property,
  record,
  string,
  uint8Array,
} from "fast-check";
import { decodeMessage, encodeMessage } from "../../../src/local/provider/protobuf";
import type { Messages } from "../../../src/local/provider/protobuf";

const MESSAGES: Messages = {
  Plan: {
    type_name: ["string", 1],
    state: ["bytes", 2],
    legacy: ["bool", 3],
    severity: ["int32", 4],
    version: ["int64", 5],
    step: ["Step", 6],
    steps: ["*Step", 7],
    names: ["*string", 2000],
  },
  Step: { attribute_name: ["string", 1], element_key_int: ["int64", 3] },
  Empty: {},
  Schemas: { resources: ["map:Step", 2] },
  // How protobuf itself defines a map.
  SchemaEntries: { resources: ["*Entry", 2] },
  Entry: { key: ["string", 1], value: ["Step", 2] },
};

const step = record({
  attribute_name: string({ unit: "grapheme" }),
  element_key_int: integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }),
});
const plan = record({
  type_name: string({ unit: "grapheme" }),
  state: uint8Array({ maxLength: 300 }),
  legacy: boolean(),
  severity: integer(),
  version: integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }),
  step: option(step),
  steps: array(step),
  names: array(string()),
});

describe("protobuf messages", () => {
  it("come back as they were sent", () => {
    assert(
      property(plan, (message) => {
        const bytes = encodeMessage(MESSAGES, "Plan", message);
        expect(decodeMessage(MESSAGES, "Plan", bytes)).toEqual(message);
      }),
    );
  });

  it("have the bytes that the encoding's specification gives", () => {
    // The examples of protobuf.dev: field 1 = 150 and field 2 = "testing".
    const fields: Messages = { Test: { a: ["int32", 1], b: ["string", 2] } };
    expect(encodeMessage(fields, "Test", { a: 150, b: "testing" })).toEqual(
      Uint8Array.from(Buffer.from("0896011207" + Buffer.from("testing").toString("hex"), "hex")),
    );
  });

  it("write a map as repeated entries", () => {
    const jobs = { attribute_name: "job", element_key_int: 1 };
    const bytes = encodeMessage(MESSAGES, "Schemas", { resources: { databricks_job: jobs } });
    expect(decodeMessage(MESSAGES, "SchemaEntries", bytes)).toEqual({
      resources: [{ key: "databricks_job", value: jobs }],
    });
  });

  it("have zero values for absent fields", () => {
    expect(decodeMessage(MESSAGES, "Plan", new Uint8Array())).toEqual({
      type_name: "",
      state: new Uint8Array(),
      legacy: false,
      severity: 0,
      version: 0,
      step: null,
      steps: [],
      names: [],
    });
  });

  it("skip fields of newer versions", () => {
    assert(
      property(plan, (message) => {
        expect(decodeMessage(MESSAGES, "Empty", encodeMessage(MESSAGES, "Plan", message))).toEqual(
          {},
        );
      }),
    );
  });

  it("are refused when they are cut off", () => {
    const bytes = encodeMessage(MESSAGES, "Plan", { type_name: "databricks_job" });
    expect(() => decodeMessage(MESSAGES, "Plan", bytes.subarray(0, 5))).toThrow();
  });
});
