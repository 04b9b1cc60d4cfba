import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readJsonFile } from "../../../src/core/readers/json-file";
import { tempFolder } from "../../support/policy";

function fileOf(content: string | Buffer): string {
  const file = join(tempFolder(), "plan.json");
  writeFileSync(file, content);
  return file;
}

const BRACKETS = '[,"{';

describe("readJsonFile", () => {
  test.each([
    ["values", '{"a": [1, "é"]}', { a: [1, "é"] }],
    ["a byte order mark", '\uFEFF{"a": 1}', { a: 1 }],
    ["more than one chunk", `["${"é".repeat(2 ** 20)}"]`, ["é".repeat(2 ** 20)]],
    [
      "many characters of few values",
      JSON.stringify([BRACKETS.repeat(2_600_000)]),
      [BRACKETS.repeat(2_600_000)],
    ],
  ])("reads %s", (_, content, expected) => {
    expect(readJsonFile(fileOf(content))).toEqual(expected);
  });

  test("reads a pipe", () => {
    const pipe = join(tempFolder(), "pipe");
    execFileSync("mkfifo", [pipe]);
    execFileSync("sh", ["-c", `printf '{"a": 1}' > '${pipe}' &`], { stdio: "ignore" });
    expect(readJsonFile(pipe)).toEqual({ a: 1 });
  });

  test.each([
    ["text", "hello", "is not JSON"],
    ["nothing", "", "is empty"],
    ["a plan", "PK\u0003\u0004", /^is a plan of Terraform's own form/],
    ["other encodings", Buffer.from('\uFEFF{"a": 1}', "utf16le"), "is not UTF-8"],
    [
      "more values than fit into memory",
      `[${"{},".repeat(5_000_000)}1]`,
      "holds more than 10000000 values",
    ],
  ])("refuses %s", (_, content, expected) => {
    expect(() => readJsonFile(fileOf(content))).toThrow(expected);
  });

  test("refuses what never ends", () => {
    expect(() => readJsonFile("/dev/zero")).toThrow("has more than 134217728 bytes");
  });
});
