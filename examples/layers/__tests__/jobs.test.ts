import { jobGraph, jobMatchers } from "@jobstrata/cdktf/testing";
import { Testing } from "cdktf";
import { addJobs } from "../jobs";
import { environments } from "../jobs/environments";

expect.extend(jobMatchers);

describe.each(environments.map(({ name }) => name))("the jobs in %s", (environment) => {
  const app = Testing.app();
  addJobs(app);
  const jobs = jobGraph(app, environment);

  it("keep to the hierarchy", () => {
    expect(jobs).toKeepTheHierarchy();
  });

  it("ingest orders from a notebook", () => {
    expect(jobs.job("ingest_orders_job")).toBeAtomicJob({
      notebook: "notebooks/bronze/ingest_orders.py",
    });
  });

  it("refresh the layers one after the other", () => {
    const nightly = jobs.job("nightly_job");
    expect(nightly).toBeOrchestratorJob();
    expect(nightly).toRunJob("silver_refresh_job", { after: ["bronze_refresh_job"] });
    expect(nightly).toRunJob("gold_refresh_job", { after: ["silver_refresh_job"] });
  });
});
