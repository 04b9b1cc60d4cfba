import { posix } from "node:path";
import type { TaskSpec } from "../model/job-spec";
import { isExpression } from "../model/job-spec";
import { settingAt, textAt } from "../model/settings";
import { quote } from "../model/text";
import { isOtherCode } from "./levels";
import type { RuleOptions } from "./rule";

/** A piece of code that a task runs. */
export interface Unit {
  /** Equal for two tasks if and only if they run the same code. */
  readonly identity: string;
  /** Display name: `notebook "seed.py"`. */
  readonly label: string;
}

/** The code that a task itself runs: its notebook or, with `unit: code`, code of any kind. */
export function unitsOf(task: TaskSpec, { unit }: RuleOptions): Unit[] {
  const { notebook } = task;
  const found: Unit[] = [];
  if (notebook !== undefined)
    found.push({ identity: notebook.identity, label: `notebook ${quote(notebook.label)}` });
  if (unit !== "code") return found;
  for (const type of task.types.filter(isOtherCode)) found.push(...otherUnits(task, type));
  return found;
}

function otherUnits(task: TaskSpec, type: string): Unit[] {
  const at = (...path: string[]): string => textAt(task.settings, type, ...path) ?? "";
  const file = (kind: string, path: string): Unit => ({
    identity: `file:${resolved(path)}`,
    label: `${kind} ${quote(path)}`,
  });
  const named = (kind: string, ...names: string[]): Unit => ({
    identity: JSON.stringify([type, kind, ...names]),
    label: `${kind} ${quote(names.join(" "))}`,
  });
  switch (type) {
    case "sql_task": {
      if (at("file", "path") !== "") return [file("SQL file", at("file", "path"))];
      const kind = ["query", "alert", "dashboard"].find((each) => at(each, `${each}_id`) !== "");
      return kind === undefined ? [] : [named(`SQL ${kind}`, at(kind, `${kind}_id`))];
    }
    case "spark_python_task":
      return at("python_file") === "" ? [] : [file("Python file", at("python_file"))];
    case "python_wheel_task":
      return [named("entry point", at("entry_point"), "of", at("package_name"))];
    case "spark_jar_task":
      return at("main_class_name") === "" ? [] : [named("class", at("main_class_name"))];
    case "pipeline_task":
      return at("pipeline_id") === "" ? [] : [named("pipeline", at("pipeline_id"))];
    case "dashboard_task":
      return at("dashboard_id") === "" ? [] : [named("dashboard", at("dashboard_id"))];
    case "dbt_task": {
      const commands = settingAt(task.settings, type, "commands");
      const project = resolved(at("project_directory"));
      return (Array.isArray(commands) ? (commands as unknown[]) : [])
        .filter((command): command is string => typeof command === "string")
        .filter((command) => !PREPARING.test(command))
        .map((command) => ({
          identity: JSON.stringify([type, project, command.trim().replace(/\s+/g, " ")]),
          label: `dbt command ${quote(command)}`,
        }));
    }
    default: {
      const settings = JSON.stringify(settingAt(task.settings, type) ?? {});
      return settings === "{}" ? [] : [{ identity: `${type}:${settings}`, label: type }];
    }
  }
}

/** Path prefixes that make no difference. */
const PREPARING = /^\s*dbt\s+(?:deps|debug|clean|parse|compile|--version)\b/;

/** Normalizes the spelling of a path; the reader has resolved it. */
function resolved(path: string): string {
  if (path === "" || isExpression(path) || path.includes(":")) return path;
  return posix.normalize(path).replace(/\/+$/, "");
}
