import { JobstrataError, quoteWithSuggestion } from "@jobstrata/core/errors";
import type { CheckedFinding, JobGraph, JobSpec } from "@jobstrata/core/model";
import { quote } from "@jobstrata/core/model";
import { readStackConfigs } from "@jobstrata/core/readers";
import { hierarchyOf, hierarchyTree, UnknownJobs } from "@jobstrata/core/render";
import { Construct, type IConstruct } from "constructs";
import { findingsIn } from "../judge";
import { PolicyRun } from "../policy-run";
import { filled, shown } from "../shape";
import { stackConfig } from "../stack-reader";

/** The jobs of one environment of an app, as Terraform would deploy them, with policy findings. */
export class TestedJobs {
  /** @internal */
  public constructor(
    /** All jobs and their relations. */
    public readonly graph: JobGraph,
    /** Findings of the rules as configured by the project, without suppressed ones. */
    public readonly findings: readonly CheckedFinding[],
  ) {
    for (const job of graph.jobs) JOBS.set(job, this);
  }

  /** The environment of the jobs. */
  public get environment(): string {
    return this.graph.environment;
  }

  /** The keys of all jobs. */
  public get keys(): readonly string[] {
    return this.graph.jobs.map(({ key }) => key);
  }

  /**
   * The job with this key.
   *
   * @throws {JobstrataError} `invalid-job-key` if it does not exist
   */
  public job(key: string): JobSpec {
    const job = this.graph.jobs.find((each) => each.key === key);
    if (job !== undefined) return job;
    throw new JobstrataError(
      "invalid-job-key",
      `environment ${quote(this.environment)} has no job ${quoteWithSuggestion(key, this.keys)}\n\n${this.tree()}`,
    );
  }

  /** The hierarchy as a text tree. For one job: the job and its child jobs, with tasks. */
  public tree(job?: JobSpec): string {
    const options = job === undefined ? {} : { jobs: [job.id] };
    const hierarchy = hierarchyOf(this.graph, { ...options, findings: this.findings });
    if (hierarchy instanceof UnknownJobs) return "";
    return hierarchyTree(hierarchy, { level: job === undefined ? "jobs" : "tasks" });
  }
}

const JOBS = new WeakMap<JobSpec, TestedJobs>();

/** The {@link TestedJobs} that contain a job. */
export function jobsOf(job: JobSpec): TestedJobs | undefined {
  return JOBS.get(job);
}

/**
 * The jobs of the app that contains a construct, without writing files. Prepares and checks all stacks as in a
 * synthesis, including aspects, but does not throw for violations.
 *
 * @param environment name; required if the app has several
 * @throws {JobstrataError} `no-environment` if the app does not have the environment
 */
export function jobGraph(app: IConstruct, environment?: string): TestedJobs {
  const mistake = !Construct.isConstruct(app)
    ? `the app is ${shown(app)}; it must be an app, a stack or another construct`
    : environment === undefined
      ? undefined
      : filled(environment, "the environment");
  if (mistake !== undefined) throw new JobstrataError("no-environment", `jobGraph: ${mistake}`);
  const run = new PolicyRun(app.node.root);
  const configs = run.configurations().map(stackConfig);
  const graphs = readStackConfigs(configs);
  const names = graphs.map((graph) => graph.environment);
  const [first, second] = graphs;
  const graph =
    environment === undefined ? first : graphs.find((each) => each.environment === environment);
  if (graph === undefined || (environment === undefined && second !== undefined)) {
    const problem =
      environment !== undefined
        ? `the app has no environment ${quoteWithSuggestion(environment, names)}`
        : first === undefined
          ? "the app has no stack"
          : "the app has several environments; name one: jobGraph(app, environment)";
    const known = names.length === 0 ? "" : `; it has ${names.map(quote).join(", ")}`;
    throw new JobstrataError("no-environment", problem + known);
  }
  const findings = findingsIn(configs, run.rules);
  const own = findings.filter(
    ({ environments }) => environments.length === 0 || environments.includes(graph.environment),
  );
  return new TestedJobs(graph, own);
}
