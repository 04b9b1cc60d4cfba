import { quote } from "../../model/text";
import type { Problems } from "./problems";
import { isValueMap, type ValueMap } from "./yaml-file";

/** The bundle's Python settings and their key. */
export function pythonSite(
  config: ValueMap,
): { map: ValueMap; key: "python" | "pydabs" } | undefined {
  const { python, experimental } = config;
  if (python !== undefined && python !== null) return { map: config, key: "python" };
  if (!isValueMap(experimental)) return undefined;
  return (["python", "pydabs"] as const)
    .filter((key) => experimental[key] !== undefined && experimental[key] !== null)
    .map((key) => ({ map: experimental, key }))[0];
}

/** Reports definitions in Python that are not read. */
export function checkPython(config: ValueMap, isRun: boolean, problems: Problems): void {
  const { map, key } = pythonSite(config) ?? {};
  if (map === undefined || key === undefined) return;
  if (key === "pydabs") {
    problems.report({
      severity: "error",
      message: '"experimental.pydabs" is no longer read by the Databricks CLI',
      fix: 'call it "python"',
      map,
      path: [key],
    });
  } else if (!isRun) {
    problems.report({
      severity: "warning",
      message: `jobs that ${quote(map === config ? "python" : "experimental.python")} defines in Python are not read, as that runs its code`,
      fix: "add --python to run it, in the environment of the project",
      map,
      path: [key],
    });
  }
}
