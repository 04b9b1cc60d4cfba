/** Keywords and marks of Python expressions. */

/** Operator precedence; `not`, `not in` and `is not` are handled separately. */
export const BINDING: Readonly<Record<string, number>> = Object.assign(
  Object.create(null) as Record<string, number>,
  Object.fromEntries(
    [
      "or",
      "and",
      "in is < > == >= <= != <>",
      "|",
      "^",
      "&",
      "<< >>",
      "+ -",
      "* / // % @",
      "**",
    ].flatMap((marks, at) => marks.split(" ").map((mark) => [mark, at + 1])),
  ) as Record<string, number>,
);
export const OF_COMPARISON = 3;
export const OF_SIGN = 10;

/** Keywords that end an expression. */
export const NO_NAMES = new Set(
  (
    "and or in is if else for as async from import while with def class return try except finally raise del pass " +
    "break continue global nonlocal assert elif"
  ).split(" "),
);

/** The change of bracket depth after a mark. */
export function nesting(mark: string): number {
  if (mark === "(" || mark === "[" || mark === "{") return 1;
  return mark === ")" || mark === "]" || mark === "}" ? -1 : 0;
}
