import { fits, hasWords } from "../../../src/cli/drift/settings-walk";

it.each<[pattern: string, expected: boolean]>([
  ["${var.name}", false],
  ["[${bundle.target}] ${var.name}", false],
  ["[${bundle.target}] Load", true],
])("finds words in %j: %p", (pattern, expected) => {
  expect(hasWords(pattern)).toBe(expected);
});

describe("fits", () => {
  it.each<[pattern: string, name: string, expected: boolean]>([
    ["[${var.a}] Load", "[dev] Load", true],
    ["[${var.a}] Load", "[dev] Load 2", false],
    ["[${var.a} ${var.b}] Load", "[dev ana] Load", true],
    ["${var.a}${var.b}", "", true],
    ["ab${var.a}ba", "aba", false],
    ["a${var.a}b${var.b}b", "ab", false],
    ["a.c", "abc", false],
    ["${var.a}.c", "a\nb.c", true],
  ])("%j and %j: %p", (pattern, name, expected) => {
    expect(fits(pattern, name)).toBe(expected);
  });

  it("ends for a name that was made to take long", () => {
    const pattern = `${"${var.a}] ".repeat(8)}Load`;
    expect(fits(pattern, "] ".repeat(200_000))).toBe(false);
  });
});
