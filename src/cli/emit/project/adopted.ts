import { assignment, list, quoted, text } from "./code";
import type { ImportFramework } from "../import-source";

/** Ids of deployed jobs by environment and key. */
type AdoptedJobs = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Workspace paths of notebooks, by environment. */
type AdoptedNotebooks = ReadonlyMap<string, readonly string[]>;

/**
 * The file with which the first deployment takes over deployed jobs: their ids, permissions, and the notebooks that the source
 * manages.
 */
export function adoptedFile(
  framework: ImportFramework,
  jobs: AdoptedJobs,
  notebooks: AdoptedNotebooks,
): string {
  const environments = [...jobs].map(([environment, ids]) => {
    const lines = [...ids].map(([key, id]) => `    ${nameOf(key)}: ${quoted(id)},\n`);
    return `  ${nameOf(environment)}: {\n${lines.join("")}  },\n`;
  });
  const parts = notebookParts(framework, notebooks);
  return `${parts.import}import { JobStack } from "@jobstrata/${framework}";
import { TerraformResource } from "${framework}";
import type { IConstruct } from "constructs";

/**
 * Ids of the running jobs that the first deployment takes over. After it, \`jobstrata import --done\` removes
 * this file.
 */
const ADOPTED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
${environments.join("")}};
${parts.table}
/** Imports the running jobs, and their permissions where the project has some. */
export function adopt(app: IConstruct): void {
  for (const stack of app.node.findAll()) {
    if (!JobStack.isJobStack(stack)) continue;
    const ids = ADOPTED[stack.environment.name] ?? {};
    for (const [key, id] of Object.entries(ids)) {
      const job = stack.node.tryFindChild(key);
      if (job === undefined) continue;
      importFrom(job.node.defaultChild ?? job, id);
      const permissions =
        job.node.tryFindChild("permissions") ??
        stack.node.tryFindChild(\`\${key}_permissions\`);
      importFrom(permissions, \`/jobs/\${id}\`);
    }
${parts.adoption}  }
}

function importFrom(resource: IConstruct | undefined, id: string): void {
  if (resource !== undefined && TerraformResource.isTerraformResource(resource))
    resource.importFrom(id);
}
`;
}

/** The parts of the file that take over notebooks; empty without notebooks. */
function notebookParts(
  framework: ImportFramework,
  notebooks: AdoptedNotebooks,
): { readonly import: string; readonly table: string; readonly adoption: string } {
  const paths = [...notebooks].flatMap(([environment, own]) =>
    own.length === 0
      ? []
      : [`  ${assignment(`${nameOf(environment)}:`, list(own.map(text)), 2, 1)},\n`],
  );
  if (paths.length === 0) return { import: "", table: "", adoption: "" };
  const scope = framework === "cdktf" ? "@cdktf" : "@cdktn";
  return {
    import: `import { Notebook } from "${scope}/provider-databricks/lib/notebook";\n`,
    table: `
/** Workspace paths of the notebooks that it takes over. */
const NOTEBOOKS: Readonly<Record<string, readonly string[]>> = {
${paths.join("")}};
`,
    adoption: `    const paths = new Set(NOTEBOOKS[stack.environment.name]);
    for (const each of stack.node.findAll()) {
      if (each instanceof Notebook && paths.has(each.pathInput))
        each.importFrom(each.pathInput);
    }
`,
  };
}

const nameOf = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name));
