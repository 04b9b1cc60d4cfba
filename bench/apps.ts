import { Job } from "@cdktf/provider-databricks/lib/job";
import { DatabricksProvider } from "@cdktf/provider-databricks/lib/provider";
import {
  App as CdktfApp,
  LocalBackend,
  TerraformOutput,
  TerraformStack,
  TerraformVariable,
} from "cdktf";
import {
  App,
  AtomicJob,
  CompositeJob,
  JobEnvironment,
  JobLayer,
  NotebookSource,
} from "@jobstrata/cdktf";

/** How many atomic jobs each composite job runs. */
const RUN_BY_ONE = 5;

const VARIABLES = { catalog: "bench", gold_schema: "gold" };

/** The app as users of this library write it: `jobs` atomic jobs, a composite for every five, the policy included. */
export function jobstrataApp(outdir: string, jobs: number): CdktfApp {
  const app = new App({ outdir });
  const environment = new JobEnvironment({
    name: "bench",
    mode: "development",
    variables: VARIABLES,
  });
  const { atomic, composite } = new JobLayer(app, "load", { environment });
  const parameters = {
    catalog: environment.variable("catalog"),
    gold_schema: environment.variable("gold_schema"),
  };
  let group: AtomicJob[] = [];
  for (let i = 0; i < jobs; i++) {
    group.push(
      new AtomicJob(atomic, `table_${i}_job`, {
        name: `Load - Table ${i}`,
        description: `Atomic job: Loads table ${i}`,
        purpose: "load",
        taskKey: "load",
        notebook: NotebookSource.fromWorkspace(`/Shared/load/table_${i}`),
        parameters,
      }),
    );
    if (group.length < RUN_BY_ONE) continue;
    const orchestrator = new CompositeJob(composite, `group_${(i + 1) / RUN_BY_ONE}_job`, {
      purpose: "load",
      name: `Load - Group ${(i + 1) / RUN_BY_ONE}`,
      description: `Composite job: Loads ${RUN_BY_ONE} tables`,
    });
    const [first, ...rest] = group;
    if (first === undefined) throw new Error("a group has jobs");
    const root = orchestrator.addRunJobTask("load_0", first);
    rest.forEach((job, at) =>
      orchestrator.addRunJobTask(`load_${at + 1}`, job, { dependsOn: root }),
    );
    group = [];
  }
  return app;
}

/** The same app by hand, with the class that the provider package generates. It has no policy. */
export function generatedApp(outdir: string, jobs: number): CdktfApp {
  const app = new CdktfApp({ outdir });
  const makeStack = (id: string): TerraformStack => {
    const stack = new TerraformStack(app, id);
    new DatabricksProvider(stack, "databricks");
    new LocalBackend(stack, { path: relativeState(outdir, id) });
    for (const [name, value] of Object.entries(VARIABLES)) {
      new TerraformVariable(stack, name, { type: "string", default: value });
    }
    return stack;
  };
  const exportJob = (stack: TerraformStack, key: string, job: Job): void => {
    new TerraformOutput(stack, `${key}_id`, { value: job.id, staticId: true });
    new TerraformOutput(stack, `${key}_url`, { value: job.url, staticId: true });
  };
  const atomic = makeStack("load-bench-atomic");
  const composite = makeStack("load-bench-composite");
  composite.addDependency(atomic);
  const state = atomic
    .ensureBackendExists()
    .getRemoteStateDataSource(composite, "load-bench-atomic", atomic.node.path);

  for (let i = 0; i < jobs; i++) {
    const key = `table_${i}_job`;
    const job = new Job(atomic, key, {
      name: `[bench] Load - Table ${i}`,
      description: `Atomic job: Loads table ${i}`,
      tags: { job_level: "atomic", layer: "load", purpose: "load" },
      maxConcurrentRuns: 4,
      queue: { enabled: true },
      environment: [{ environmentKey: "default", spec: { environmentVersion: "4" } }],
      task: [
        {
          taskKey: "load",
          environmentKey: "default",
          notebookTask: {
            notebookPath: `/Shared/load/table_${i}`,
            baseParameters: { catalog: "${var.catalog}", gold_schema: "${var.gold_schema}" },
          },
        },
      ],
    });
    exportJob(atomic, key, job);
    if ((i + 1) % RUN_BY_ONE > 0) continue;
    const number = (i + 1) / RUN_BY_ONE;
    const group = new Job(composite, `group_${number}_job`, {
      name: `[bench] Load - Group ${number}`,
      description: `Composite job: Loads ${RUN_BY_ONE} tables`,
      tags: { job_level: "composite", layer: "load", orchestrator: "true", purpose: "load" },
      maxConcurrentRuns: 4,
      queue: { enabled: true },
      task: Array.from({ length: RUN_BY_ONE }, (_, at) => ({
        taskKey: `load_${at}`,
        ...(at > 0 && { dependsOn: [{ taskKey: "load_0" }] }),
        runJobTask: { jobId: state.getNumber(`table_${i - RUN_BY_ONE + 1 + at}_job_id`) },
      })),
    });
    exportJob(composite, `group_${number}_job`, group);
  }
  return app;
}

function relativeState(outdir: string, id: string): string {
  const depth = outdir.split("/").length + 2;
  return `${"../".repeat(depth)}terraform.${id}.tfstate`;
}
