import type { ImportedEnvironment, ImportedVariable, ImportFramework } from "../import-source";
import { call, type Code, data, layOut, object, raw, text } from "./code";
import { CodeFile } from "./code-file";
import type { EnvironmentPlan } from "./environment-plans";
import type { ProjectTexts } from "./project-texts";
import type { SharedClusters } from "./shared-clusters";

/**
 * The text of `jobs/environments.ts`.
 *
 * @param others the code of the other files, which can import helpers from this one
 */
export function environmentsFile(
  framework: ImportFramework,
  plans: readonly EnvironmentPlan[],
  texts: ProjectTexts,
  others: string,
  clusters: SharedClusters,
): string {
  const items = plans.map((plan) => environmentCode(framework, plan, texts, clusters));
  const imports = new CodeFile({ framework, up: ".", readText: () => [] });
  imports.use("JobEnvironment");
  for (const { file } of items) imports.useAllOf(file);
  const list = items.map(({ code }) => `  ${layOut(code, 2, 2, 1)},\n`).join("");
  const helpers = [
    others.includes("inEnvironment(") && IN_ENVIRONMENT,
    others.includes("onlyIn(") && ONLY_IN,
    others.includes("present(") && PRESENT,
  ];
  return `${imports.imports()}
/**
 * The same jobs are made once for each. Mode "imported" adds nothing to what the jobs say; "development" and
 * "production" bring the defaults and demands of the library.
 */
export const environments: readonly JobEnvironment[] = [
${list}];
${helpers.filter(Boolean).join("")}`;
}

function environmentCode(
  framework: ImportFramework,
  { environment, prefix, hierarchyTags, shared, overrides }: EnvironmentPlan,
  texts: ProjectTexts,
  clusters: SharedClusters,
): { readonly code: Code; readonly file: CodeFile } {
  const file = new CodeFile({
    framework,
    up: ".",
    readText: (written) => texts.parts(written, undefined, environment.name),
    hasStack: false,
  });
  const jobs = Object.entries(overrides).map(([name, value]) => ({
    name,
    value: file.object(clusters.replace(value)),
  }));
  const settings = [
    ...file.entries(shared.props),
    ...(jobs.length > 0 ? [{ name: "jobs", value: object(jobs, true) }] : []),
  ];
  const prefixCode = prefix === "" ? [] : [{ name: "namePrefix", value: file.text(prefix) }];
  // Which variables are used is known only after all other files are written.
  const variables = variablesOf(environment, texts);
  const entries = [
    { name: "name", value: text(environment.name) },
    { name: "mode", value: text("imported") },
    ...prefixCode,
    ...(environment.workspace ? [{ name: "workspace", value: data(environment.workspace) }] : []),
    ...(hierarchyTags ? [] : [{ name: "hierarchyTags", value: raw("false") }]),
    ...(variables.length > 0 ? [{ name: "variables", value: object(variables, true) }] : []),
    ...settings,
  ];
  return { code: call("new JobEnvironment", object(entries, true)), file };
}

function variablesOf(
  { variables }: ImportedEnvironment,
  { placeholders, usedVariables }: ProjectTexts,
): { name: string; value: Code }[] {
  const declared = Object.entries(variables).filter(
    ([name, { default: value }]) => value !== undefined || usedVariables.has(name),
  );
  const others = [...placeholders].map(([name, written]): [string, ImportedVariable] => {
    const isSecret = written.startsWith("${sensitive");
    return [
      name,
      isSecret
        ? { description: "A secret of the source, which is not written down", sensitive: true }
        : { description: `What the source has as ${escapedDescription(written)}` },
    ];
  });
  return [...declared, ...others].map(([name, variable]) => {
    const { default: value, description, sensitive } = variable;
    const isShort = description === undefined && sensitive === undefined && value !== undefined;
    return {
      name,
      value: isShort ? data(value) : data({ default: value, description, sensitive }),
    };
  });
}

const escapedDescription = (written: string): string =>
  written.replaceAll("${", "").replace(/\}$/, "");

// NoInfer: the type comes from the prop. Inferred from the values, a map whose keys differ would have undefined values.
const IN_ENVIRONMENT = `
/** The value for an environment. */
export function inEnvironment<T>(
  { name }: JobEnvironment,
  values: Readonly<Record<string, NoInfer<T>>>,
): T {
  if (!(name in values)) throw new Error(\`no value for environment \${name}\`);
  return values[name] as T;
}
`;
const ONLY_IN = `
/** A value that only some environments have. */
export function onlyIn<T>(
  { name }: JobEnvironment,
  names: readonly string[],
  make: () => T,
): T | undefined {
  return names.includes(name) ? make() : undefined;
}
`;
const PRESENT = `
/** A value that the environment must have. */
export function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("not in this environment");
  return value;
}
`;
