import type { Args, Evaluator } from "../evaluator";
import { isType, textOf, unknown, type Value } from "../values";
import { given, readPaths, writePaths } from "./arguments";

export function ofWidgets({ session }: Evaluator, name: string, args: Args): Value {
  const widget = textOf(given(args, 0, "name") ?? unknown("name"));
  switch (name) {
    case "get":
      return widgetValue(session.widget(widget), widget);
    case "text":
    case "dropdown":
    case "combobox":
    case "multiselect":
      session.declareWidget(widget, textOf(given(args, 1, "defaultValue") ?? ""));
      return null;
    case "getAll": {
      const names = Object.keys(session.parameters.named);
      const entries = new Map(
        names.map((each_): [string, Value] => [each_, session.widget(each_) ?? ""]),
      );
      return { type: "dict", entries, open: true };
    }
    default:
      return null;
  }
}

export function widgetValue(value: string | undefined, name: string): Value {
  // The handler of the surrounding try decides.
  return value ?? { type: "unknown", label: name, fails: true };
}

export function ofNotebook(interpreter: Evaluator, name: string, args: Args): Value {
  if (name === "exit") return { type: "external", path: "exit" };
  if (name === "run") {
    const path = textOf(given(args, 0, "path") ?? unknown("path"));
    const passed = given(args, 2, "arguments");
    const parameters = new Map<string, string>();
    if (isType(passed, "dict"))
      for (const [key, value] of passed.entries) parameters.set(key, textOf(value));
    interpreter.runNotebook(path, parameters);
  }
  return unknown(name);
}

export function ofFiles(interpreter: Evaluator, name: string, args: Args): Value {
  const [first, second] = args.positional;
  if (name === "cp" || name === "mv") {
    readPaths(interpreter, first);
    writePaths(interpreter, second, "create");
    if (name === "mv") writePaths(interpreter, first, "drop");
  } else if (name === "rm") writePaths(interpreter, first, "drop");
  else if (name === "put") writePaths(interpreter, first, "create");
  else if (name === "head" || name === "ls") readPaths(interpreter, first);
  return unknown(name);
}
