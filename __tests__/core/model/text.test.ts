import { printable, quote } from "../../../src/core/model/text";

describe("printable", () => {
  test.each([
    ["an ANSI escape", "\u001b[31mseed", "\\u001b[31mseed"],
    ["the eight-bit form of one", "\u009b31mseed", "\\u009b31mseed"],
    ["line breaks", "seed\r\nerror", "seed\\u000d\\u000aerror"],
    ["line and paragraph separators", "a\u2028b\u2029c", "a\\u2028b\\u2029c"],
    ["overrides of the direction", "\u202ebo\u2066j\u2069", "\\u202ebo\\u2066j\\u2069"],
    ["marks of the direction", "a\u200eb\u200fc\u061cd", "a\\u200eb\\u200fc\\u061cd"],
    ["backspace and delete", "a\bb\u007f", "a\\u0008b\\u007f"],
  ])("escapes %s", (_, text, escaped) => {
    expect(printable(text)).toBe(escaped);
    expect(printable(escaped)).toBe(escaped);
  });

  test("leaves other text alone", () => {
    expect(printable("[dev] Überwachung – 警報 🚨 ${var.catalog}")).toBe(
      "[dev] Überwachung – 警報 🚨 ${var.catalog}",
    );
  });
});

describe("quote", () => {
  test("puts text between quotes", () => {
    expect(quote("seed\n")).toBe('"seed\\u000a"');
  });
});
