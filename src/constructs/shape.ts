import { Token } from "cdktf";
import { quoteWithSuggestion } from "@jobstrata/core/errors";
import { isObject, printable, quote } from "@jobstrata/core/model";

/**
 * Validates a value for users of JavaScript or type casts: returns the problem of the value at `path`, or undefined.
 * Tokens are always valid, since their values are unknown.
 */
export type Shape = (value: unknown, path: string) => string | undefined;

/** A shape for every prop of `T`. The type requires all of them. */
export type Shapes<T> = { readonly [K in keyof Required<T>]: Shape };

const must =
  (holds: (value: unknown) => boolean, what: string): Shape =>
  (value, path) =>
    Token.isUnresolved(value) || holds(value)
      ? undefined
      : `${path} is ${shown(value)}; it must be ${what}`;

/** A string. For a number or a boolean, the error shows how to write it as a string. */
export const text: Shape = (value, path) => {
  if (typeof value === "string") return undefined;
  const example =
    typeof value === "number" || typeof value === "boolean" ? `, such as "${String(value)}"` : "";
  return must(() => false, `text${example}`)(value, path);
};

/** A string that is not blank. */
export const filled: Shape = (value, path) =>
  text(value, path) ??
  must((each) => String(each).trim() !== "", "text that is not empty")(value, path);

export const flag = must((value) => typeof value === "boolean", "true or false");

export const whole = (least: number, most = Infinity): Shape =>
  must(
    (value) => Number.isInteger(value) && Number(value) >= least && Number(value) <= most,
    most === Infinity ? `a whole number, ${least} or more` : `a whole number, ${least}-${most}`,
  );

export const number = must(
  (value) => typeof value === "number" && !Number.isNaN(value),
  "a number",
);

export function oneOf(...options: readonly string[]): Shape {
  return (value, path) => {
    if (Token.isUnresolved(value) || (typeof value === "string" && options.includes(value)))
      return undefined;
    const got = typeof value === "string" ? quoteWithSuggestion(value, options) : shown(value);
    return `${path} is ${got}; it must be ${options.map((option) => quote(option)).join(" or ")}`;
  };
}

export function listOf(shape: Shape): Shape {
  return (value, path) => {
    if (!Array.isArray(value)) return must(() => false, "a list")(value, path);
    return firstProblem(value.map((item, at) => () => shape(item, `${path}[${at}]`)));
  };
}

export function mapOf(shape: Shape): Shape {
  return (value, path) => {
    if (!isPlainObject(value))
      return must(() => false, "an object of names and values")(value, path);
    return firstProblem(
      Object.entries(value).map(
        ([key, item]) =>
          () =>
            shape(item, `${path}.${printable(key)}`),
      ),
    );
  };
}

/**
 * An object with these props and no others.
 *
 * @param required names of required props
 */
export function object<T>(shapes: Shapes<T>, ...required: readonly (keyof T & string)[]): Shape {
  return (value, path) => {
    if (!isPlainObject(value)) {
      return path === ""
        ? `its options are ${shown(value)}; they must be an object`
        : must(() => false, "an object")(value, path);
    }
    return propsProblem(value, shapes, required, path === "" ? "" : `${path}.`);
  };
}

/** An instance of a class of this library, from any copy of the package. */
export const made = (is: (value: object) => boolean, what: string): Shape =>
  must((value) => typeof value === "object" && value !== null && is(value), what);

/** The rules of a policy. */
export const rules = listOf(
  made(
    (value) =>
      "name" in value &&
      typeof value.name === "string" &&
      "check" in value &&
      typeof value.check === "function",
    "a rule, such as defineRule({ … })",
  ),
);

/** An object with exactly one of these props. */
export function exactlyOne(shape: Shape, ...names: readonly string[]): Shape {
  return (value, path) => {
    const problem = shape(value, path);
    if (problem !== undefined || !isPlainObject(value)) return problem;
    const given = names.filter((name) => value[name] !== undefined);
    if (given.length === 1) return undefined;
    const has = given.length === 0 ? "none of them" : given.join(" and ");
    return `${path} has ${has}; give exactly one of ${names.join(", ")}`;
  };
}

/** The problem of an object's props; undefined props count as missing. */
export function propsProblem(
  props: Readonly<Record<string, unknown>>,
  shapes: Readonly<Record<string, Shape>>,
  required: readonly string[] = [],
  prefix = "",
): string | undefined {
  for (const [name, value] of Object.entries(props)) {
    const shape = Object.hasOwn(shapes, name) ? shapes[name] : undefined;
    if (shape === undefined)
      return `there is no prop ${quoteWithSuggestion(
        prefix + name,
        Object.keys(shapes).map((known) => prefix + known),
      )}`;
    const problem = value === undefined ? undefined : shape(value, prefix + name);
    if (problem !== undefined) return problem;
  }
  for (const name of required) if (props[name] === undefined) return `${prefix}${name} is missing`;
  return undefined;
}

/** Whether a value is an object, neither a list nor a token. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return isObject(value) && !Token.isUnresolved(value);
}

/** Formats a value for messages. */
export function shown(value: unknown): string {
  if (typeof value === "string") return quote(value);
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  const name = (Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null)
    ?.constructor?.name;
  return name === undefined || name === "Object" ? "an object" : `a ${printable(name)}`;
}

function firstProblem(checks: readonly (() => string | undefined)[]): string | undefined {
  for (const check of checks) {
    const problem = check();
    if (problem !== undefined) return problem;
  }
  return undefined;
}
