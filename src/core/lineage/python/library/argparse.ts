import type { Args, Evaluator } from "../evaluator";
import { listOf, textOf, unknown, type Value } from "../values";

/** argparse: the task's arguments, else the defaults. */
export function ofArguments(
  { session }: Evaluator,
  parser: Extract<Value, { type: "arguments" }>,
  name: string,
  args: Args,
): Value {
  if (name === "add_argument") {
    const flags = args.positional.map(textOf);
    const long = flags.find((flag) => flag.startsWith("--")) ?? flags[0] ?? "";
    const field = textOf(args.named.get("dest") ?? long.replace(/^-+/, "").replaceAll("-", "_"));
    const passed = session.arguments();
    let value: Value | undefined;
    if (!long.startsWith("-")) {
      value = passed.filter((text) => !text.startsWith("-"))[parser.order.length];
      parser.order.push(field);
    } else {
      for (const [at, text] of passed.entries()) {
        if (flags.includes(text)) value = passed[at + 1];
        const flag = flags.find((each_) => text.startsWith(`${each_}=`));
        if (flag !== undefined) value = text.slice(flag.length + 1);
      }
    }
    parser.known.set(field, value ?? args.named.get("default") ?? unknown(field));
    return parser;
  }
  if (name === "parse_args" || name === "parse_known_args") {
    const parsed: Value = { type: "object", class: undefined, fields: new Map(parser.known) };
    return name === "parse_args" ? parsed : listOf([parsed, unknown("rest")]);
  }
  return parser;
}
