import { NOTEBOOK_HEADER } from "@jobstrata/core/model";
import type { Framework } from "@jobstrata/core/framework";
import { displayName, type JobNames, type LayerNames, snakeCase } from "./names";

/** The jobs folder in a project created by `jobstrata init`. */
export const JOBS = "jobs";

/** Writes the path of a relative import; ES modules need the extension of the compiled file. */
export type Specifier = (path: string) => string;

/** `main.ts` of a new app. */
export function mainFile(framework: Framework, importJobs: string): string {
  return `import { App } from "@jobstrata/${framework}";
${importJobs}

const app = new App();

addJobs(app);

app.synth();
`;
}

/** `jobs/index.ts`: the layers. */
export function jobsFile(layer: LayerNames, specifier: Specifier): string {
  return `import type { Construct } from "constructs";
import { environments } from "${specifier("./environments")}";
${layerImport(layer, specifier)}

/** Makes the jobs of every environment. */
export function addJobs(app: Construct): void {
  for (const environment of environments) {
    new ${layer.className}(app, environment);
  }
}
`;
}

/** `jobs/environments.ts`. */
export function environmentsFile(framework: Framework, names: readonly string[]): string {
  return `import { JobEnvironment } from "@jobstrata/${framework}";

/** The same jobs are made once for each. Variables are Terraform's: --var and TF_VAR_… replace these defaults. */
export const environments: readonly JobEnvironment[] = [
${names.map((name) => (isProduction(name) ? productionEnvironment(name) : developmentEnvironment(name))).join("\n")}
];
`;
}

/** Environments with these names run their schedules, as a service principal. */
function isProduction(name: string): boolean {
  return /^prod(uction)?([_-]|$)/.test(name);
}

function developmentEnvironment(name: string): string {
  return `  new JobEnvironment({
    name: "${name}",
    mode: "development",
    variables: { catalog: "main" },
  }),`;
}

function productionEnvironment(name: string): string {
  return `  new JobEnvironment({
    name: "${name}",
    mode: "production",
    variables: {
      catalog: "main",
      run_as_service_principal: {
        description: "Application id of the service principal that the jobs run as",
      },
    },
    runAs: { servicePrincipalName: "\${var.run_as_service_principal}" },
    permissions: [{ groupName: "users", level: "CAN_VIEW" }],
  }),`;
}

/** `jobs/<layer>/layer.ts`; `jobstrata add` adds members to it. */
export function layerFile(
  framework: Framework,
  layer: LayerNames,
  first: { readonly atomic: JobNames; readonly composite: JobNames } | undefined,
  specifier: Specifier,
): string {
  const imports = [first?.composite, first?.atomic].flatMap((job) =>
    job === undefined ? [] : [`${jobImport(job, specifier)}\n`],
  );
  const members =
    first === undefined
      ? ""
      : `  ${atomicMember(first.atomic)}\n  ${compositeMember(first.composite)}\n\n`;
  return `import { type JobEnvironment, JobLayer } from "@jobstrata/${framework}";
import type { Construct } from "constructs";
${imports.join("")}
/** The layer ${layer.name} in one environment: a job for each notebook first, then the jobs that run those. */
export class ${layer.className} extends JobLayer {
${members}  constructor(app: Construct, environment: JobEnvironment) {
    super(app, "${layer.name}", { environment });
  }
}
`;
}

/** The layer's import of a job. */
export function jobImport({ factory, key }: JobNames, specifier: Specifier): string {
  return `import { ${factory} } from "${specifier(`./${key}`)}";`;
}

/** The import of a layer in `jobs/index.ts`. */
export function layerImport({ className, name }: LayerNames, specifier: Specifier): string {
  return `import { ${className} } from "${specifier(`./${name}/layer`)}";`;
}

/** The line that adds an atomic job to its layer. */
export function atomicMember({ member, factory }: JobNames): string {
  return `readonly ${member} = ${factory}(this.atomic);`;
}

/** The line that adds a composite job to its layer. */
export function compositeMember({ member, factory }: JobNames): string {
  return `readonly ${member} = ${factory}(this);`;
}

/** `jobs/<layer>/<key>.ts` of an atomic job. */
export function atomicJobFile(
  framework: Framework,
  layer: LayerNames,
  job: JobNames,
  options: { readonly catalog: boolean },
): string {
  const { key, base, factory } = job;
  const parameters = options.catalog
    ? '\n    parameters: { catalog: stack.environment.variable("catalog") },'
    : "";
  return `import { AtomicJob, type JobStack, NotebookSource } from "@jobstrata/${framework}";

/** Runs one notebook, which no other job runs. */
export function ${factory}(stack: JobStack): AtomicJob {
  return new AtomicJob(stack, "${key}", {
    name: "${displayName(layer, job)}",
    purpose: "${base.replace(/_.*/, "")}",
    notebook: NotebookSource.fromFile("${JOBS}/${layer.name}/${base}.py"),${parameters}
  });
}
`;
}

/** `jobs/<layer>/<base>.py`: the notebook of an atomic job. */
export function notebookFile(
  layer: LayerNames,
  { base }: JobNames,
  options: { readonly catalog: boolean },
): string {
  const said = `${layer.name}: ${base}`;
  if (!options.catalog) {
    return `# ${NOTEBOOK_HEADER}
print("${said}")
`;
  }
  return `# ${NOTEBOOK_HEADER}
# Widgets are read from the parameters of the job.
dbutils.widgets.text("catalog", "main")
catalog = dbutils.widgets.get("catalog")

# COMMAND ----------

print(f"${said} in the catalog {catalog}")
`;
}

/** `jobs/<layer>/<key>.ts` of a composite job, which runs the given jobs of its layer. */
export function compositeJobFile(
  framework: Framework,
  layer: LayerNames,
  job: JobNames,
  runs: readonly { readonly member: string; readonly taskKey: string }[],
  specifier: Specifier,
): string {
  const { key, base, factory } = job;
  const tasks = runs.map(
    ({ member, taskKey }) => `  job.addRunJobTask("${taskKey}", layer.${member});`,
  );
  return `import { CompositeJob } from "@jobstrata/${framework}";
import type { ${layer.className} } from "${specifier("./layer")}";

/** Runs jobs of the layer. \`dependsOn: …\` in an addRunJobTask puts them in an order. */
export function ${factory}(layer: ${layer.className}): CompositeJob {
  const job = new CompositeJob(layer.composite, "${key}", {
    name: "${displayName(layer, job)}",
    purpose: "${base.replace(/.*_/, "")}",
  });
${tasks.join("\n")}
  return job;
}
`;
}

/** `jobs/<key>.ts` of an orchestrator, which runs the layers' composite jobs. */
export function orchestratorFile(
  framework: Framework,
  { key, factory, base, title }: JobNames,
  runs: readonly OrchestratedLayer[],
  specifier: Specifier,
): string {
  const imports = runs.map(
    ({ layer }) =>
      `import type { ${layer.className} } from "${specifier(`./${layer.name}/layer`)}";\n`,
  );
  const members = runs.map(
    ({ layer, variable }) => `  readonly ${variable}: ${layer.className};\n`,
  );
  const tasks = runs.flatMap(({ layer, variable, composites }) =>
    composites.map((member) => ({
      key: composites.length === 1 ? layer.name : `${layer.name}_${snakeCase(member)}`,
      job: `layers.${variable}.${member}`,
    })),
  );
  return `import { type JobEnvironment, JobStack, OrchestratorJob } from "@jobstrata/${framework}";
import type { Construct } from "constructs";
${imports.join("")}
/** The layers whose jobs it runs. */
export interface Layers {
${members.join("")}}

/** Runs the composite jobs of layers. \`dependsOn: …\` in an addRunJobTask puts them in an order. */
export function ${factory}(
  app: Construct,
  environment: JobEnvironment,
  layers: Layers,
): OrchestratorJob {
  const stack = new JobStack(app, \`${base}-\${environment.name}\`, {
    environment,
    layer: "${base}",
  });
  const job = new OrchestratorJob(stack, "${key}", {
    name: "${title}",
    purpose: "${base.replace(/.*_/, "")}",
  });
${tasks.map(({ key: task, job: run }) => `  job.addRunJobTask("${task}", ${run});\n`).join("")}  return job;
}
`;
}

/** A layer, its name in `jobs/index.ts`, and its composite jobs. */
interface OrchestratedLayer {
  readonly layer: LayerNames;
  readonly variable: string;
  readonly composites: readonly string[];
}

/** `cdktf.json`, which both frameworks read. */
export function cdktfJson(projectId: string): string {
  return `${JSON.stringify(
    {
      language: "typescript",
      app: "node -r tsx/cjs main.ts",
      projectId,
      sendCrashReports: "false",
    },
    undefined,
    2,
  )}\n`;
}

export const TSCONFIG = `{
  "compilerOptions": {
    "target": "ES2022",
    "module": "Node16",
    "moduleResolution": "Node16",
    "types": ["node", "jest"],
    "strict": true,
    "noUncheckedIndexedAccess": true,
    "skipLibCheck": true,
    "noEmit": true
  },
  "include": ["main.ts", "jobs", "__tests__"]
}
`;

export const GITIGNORE_LINES: readonly string[] = [
  "node_modules/",
  "cdktf.out/",
  ".jobstrata/",
  ".terraform/",
  "terraform.*.tfstate*",
];

export const JEST_CONFIG = `/** @type {import("jest").Config} */
module.exports = {
  testEnvironment: "node",
  testMatch: ["**/__tests__/**/*.test.ts"],
  transform: {
    "\\\\.ts$": ["@swc/jest", { jsc: { target: "es2022", parser: { syntax: "typescript" } } }],
  },
};
`;

/** `__tests__/jobs.test.ts`: tests the hierarchy in the project. */
export function testFile(framework: Framework, specifier: Specifier): string {
  return `import { jobGraph, jobMatchers } from "@jobstrata/${framework}/testing";
import { Testing } from "${framework}";
import { addJobs } from "${specifier("../jobs/index")}";
import { environments } from "${specifier("../jobs/environments")}";

expect.extend(jobMatchers);

describe.each(environments.map(({ name }) => name))("the jobs in %s", (environment) => {
  it("keep to the hierarchy", () => {
    const app = Testing.app();
    addJobs(app);
    expect(jobGraph(app, environment)).toKeepTheHierarchy();
  });
});
`;
}

/** `README.md` of a new project. */
export function readmeFile(
  name: string,
  framework: Framework,
  layer: LayerNames,
  environment: string,
  composite: JobNames,
): string {
  return `# ${name}

Databricks jobs in layers, on [jobstrata](https://github.com/jobstrata/jobstrata#readme): \`jobs/${layer.name}\` is a layer, \`jobs/environments.ts\` says where they run.

- \`npm install\`, then \`npm run synth\` and \`npm run check\`: prove the hierarchy; \`npm test\` does it in jest
- \`npx jobstrata local try '${layer.name}-${environment}-*' --run ${composite.key}\`: deploy and run on this machine, without an account
- \`npx jobstrata add job NAME\`, \`add composite NAME\`, \`add layer NAME\`: more of them
- \`npx ${framework} deploy '${layer.name}-${environment}-*'\`: with DATABRICKS_HOST and a login, into a workspace
`;
}
