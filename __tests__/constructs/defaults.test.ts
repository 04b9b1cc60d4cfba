import {
  AtomicJob,
  CompositeJob,
  type JobEnvironmentProps,
  JobLayer,
  JobTrigger,
  OrchestratorJob,
} from "@jobstrata/cdktf";
import { devEnvironment, notebook, prodEnvironment } from "../support/alerting";
import { type Synthesized, synthesize } from "../support/synth";

const DEFAULTS: JobEnvironmentProps["defaults"] = {
  atomic: {
    maxRetries: 2,
    minRetryIntervalMillis: 60_000,
    retryOnTimeout: true,
    timeoutSeconds: 3600,
    healthRules: [{ metric: "RUN_DURATION_SECONDS", value: 1800 }],
    emailNotifications: { onDurationWarningThresholdExceeded: ["data@health.example"] },
  },
  composite: { maxRetries: 1, timeoutSeconds: 7200, noAlertForCanceledRuns: true },
  orchestrator: { timeoutSeconds: 14_400, webhookNotifications: { onFailure: ["w1"] } },
};

function jobs(props: Partial<JobEnvironmentProps> = {}, make = devEnvironment): Synthesized {
  const environment = make({ defaults: DEFAULTS, ...props });
  return synthesize((app) => {
    const { atomic, composite, orchestrator } = new JobLayer(app, "alerting", { environment });
    const plain = new AtomicJob(atomic, "plain_job", {
      purpose: "plain",
      notebook: notebook("plain"),
    });
    const own = new AtomicJob(atomic, "own_job", {
      purpose: "own",
      notebook: notebook("own"),
      maxRetries: 0,
      timeoutSeconds: 60,
      healthRules: [],
    });
    new AtomicJob(atomic, "stream_job", {
      purpose: "stream",
      notebook: notebook("stream"),
      trigger: JobTrigger.continuous(),
    });
    const setup = new CompositeJob(composite, "setup_job", { purpose: "setup" });
    setup.addRunJobTask("plain", plain);
    setup.addRunJobTask("own", own, { maxRetries: 0, timeoutSeconds: 30 });
    new OrchestratorJob(orchestrator, "nightly_job", { purpose: "nightly" }).addRunJobTask(
      "setup",
      setup,
    );
  });
}

describe("the defaults of an environment", () => {
  it("are those of the level of a job", () => {
    const { job } = jobs();
    expect(job("plain_job")).toMatchObject({
      timeout_seconds: 3600,
      health: { rules: [{ metric: "RUN_DURATION_SECONDS", op: "GREATER_THAN", value: 1800 }] },
      email_notifications: { on_duration_warning_threshold_exceeded: ["data@health.example"] },
      task: [{ max_retries: 2, min_retry_interval_millis: 60_000, retry_on_timeout: true }],
    });
    expect(job("setup_job")).toMatchObject({
      timeout_seconds: 7200,
      notification_settings: { no_alert_for_canceled_runs: true },
      task: [
        { task_key: "own", max_retries: 0, timeout_seconds: 30 },
        { task_key: "plain", max_retries: 1 },
      ],
    });
    expect(job("nightly_job")).toMatchObject({
      timeout_seconds: 14_400,
      webhook_notifications: { on_failure: [{ id: "w1" }] },
    });
    expect(job("nightly_job").task).toEqual([
      expect.not.objectContaining({ max_retries: expect.anything() as unknown }),
    ]);
  });

  it("yield to what the job says", () => {
    const own = jobs().job("own_job");
    expect(own).toMatchObject({
      timeout_seconds: 60,
      task: [{ max_retries: 0, retry_on_timeout: true }],
    });
    expect(own).not.toHaveProperty("health");
  });

  it("and that to what the environment says of the job", () => {
    const { job } = jobs({ jobs: { own_job: { timeoutSeconds: 90 } } });
    expect(job("own_job").timeout_seconds).toBe(90);
  });

  it("set no retries for a continuous job", () => {
    const [task] = jobs().job("stream_job").task as object[];
    expect(task).not.toHaveProperty("max_retries");
    expect(jobs().job("stream_job").timeout_seconds).toBe(3600);
  });

  it("are the same in every mode, and nothing without being said", () => {
    expect(jobs({}, prodEnvironment).job("plain_job")).toMatchObject({ timeout_seconds: 3600 });
    const plain = jobs({ defaults: {} }).job("plain_job");
    for (const field of ["timeout_seconds", "health", "email_notifications"])
      expect(plain).not.toHaveProperty(field);
  });

  it("add to the environment's failure notifications", () => {
    const { job } = jobs({
      failureNotifications: { emails: ["oncall@health.example"], webhooks: ["w2"] },
    });
    expect(job("nightly_job")).toMatchObject({
      email_notifications: { on_failure: ["oncall@health.example"] },
      webhook_notifications: { on_failure: [{ id: "w1" }, { id: "w2" }] },
    });
  });
});
