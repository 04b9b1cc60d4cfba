import { AtomicJob, type AtomicJobProps } from "../../../src/constructs/atomic-job";
import { CompositeJob } from "../../../src/constructs/composite-job";
import { JobEnvironment } from "../../../src/constructs/job-environment";
import { JobLayer } from "../../../src/constructs/job-layer";
import { NotebookSource } from "../../../src/constructs/notebook-source";
import type { App } from "../../../src/constructs/app";

/** Atomic jobs by key, and what differs from the default. */
export type SmallApp = Readonly<Record<string, Partial<AtomicJobProps>>>;

/** The layer `alerting` of one environment: a few atomic jobs and one composite that runs them all in order. */
export function smallApp(jobs: SmallApp, name = "dev"): (app: App) => void {
  return (app) => {
    const environment = new JobEnvironment({
      name,
      mode: "development",
      variables: { catalog: name },
    });
    const { atomic, composite } = new JobLayer(app, "alerting", { environment });
    const setup = new CompositeJob(composite, "setup_job", { purpose: "setup", name: "Setup" });
    let before: ReturnType<CompositeJob["addRunJobTask"]> | undefined;
    for (const [key, props] of Object.entries(jobs)) {
      const job = new AtomicJob(atomic, key, {
        name: key,
        purpose: "setup",
        notebook: NotebookSource.fromWorkspace(`/Shared/${key}`),
        parameters: { catalog: environment.variable("catalog") },
        ...props,
      });
      before = setup.addRunJobTask(key, job, before && { dependsOn: before });
    }
  };
}
