import fc from "fast-check";
import { printable, quote } from "../../src/model/text";

describe("printable", () => {
  it.each([
    ["alerting_tables_job", "alerting_tables_job"],
    ["Überwachung – 監視", "Überwachung – 監視"],
    ["\u001b[31mred", "\\u001b[31mred"],
    ["a\r\nb\tc", "a\\u000d\\u000ab\\u0009c"],
    ["\u202egpj.exe", "\\u202egpj.exe"],
    ["\u009b2J", "\\u009b2J"],
  ])("shows %j as %j", (text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it("leaves no control character of any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        // One line without control, format or separator characters is what a terminal shows as it stands.
        const unsafe = [...printable(text)].filter((c) =>
          /\p{Cc}|[\u2028-\u202e\u2066-\u2069]/u.test(c),
        );
        expect(unsafe).toEqual([]);
      }),
    );
  });
});

describe("quote", () => {
  it("puts the text between double quotes", () => {
    expect(quote("a\nb")).toBe('"a\\u000ab"');
  });
});
