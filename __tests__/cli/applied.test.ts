import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { applied, failureFirst, isAtLeast } from "../../src/cli/local/try";
import { idsInStates } from "../../src/cli/local/unrecorded";

describe("what Terraform did in each stack", () => {
  it("is read where the line has the stack's name, and where an earlier line of its piece has it", () => {
    const log = [
      "a-atomic  databricks_job.x (x): Creation complete after 0s [id=4]",
      "a-atomic  Apply complete! Resources: 32 added, 0 changed, 0 destroyed.",
      "          Outputs:",
      "b-atomic  databricks_job.y (y): Creating...",
      "b-atomic  databricks_job.y (y): Creation complete after 0s [id=5]",
      "",
      "          Apply complete! Resources: 1 added, 2 changed, 3 destroyed.",
      "0 Stacks deploying     2 Stacks done     0 Stacks waiting",
    ].join("\n");
    expect(applied(log)).toEqual([
      ["a-atomic", "32 added, 0 changed, 0 destroyed"],
      ["b-atomic", "1 added, 2 changed, 3 destroyed"],
    ]);
  });

  it("is empty if nothing was applied", () => {
    expect(applied("a-atomic  No changes. Your infrastructure matches the configuration.")).toEqual(
      [],
    );
  });
});

describe("the Node that a CLI needs", () => {
  it.each([
    ["v22.19.0", true],
    ["v22.18.9", false],
    ["v24.0.0", true],
    ["v20.20.2", false],
    ["none", false],
  ])("%s: %s", (version, enough) => {
    expect(isAtLeast(version, [22, 19])).toBe(enough);
  });
});

describe("a log of a deployment that failed", () => {
  it("begins with the line that says why, and leaves out what is always there", () => {
    const log = [
      "The checkpoint service could not be reached",
      "a-atomic  databricks_job.x: Creating...",
      "a-atomic  ╷",
      "          │ Error: cannot create job: no such cluster",
      "          │ ",
      "There is a newer version of cdktf-cli",
    ].join("\n");
    expect(failureFirst(log)).toEqual([
      "│ Error: cannot create job: no such cluster",
      "a-atomic  databricks_job.x: Creating...",
      "a-atomic  ╷",
    ]);
  });
});

it("an unknown stack is reported with those that there are", () => {
  const log = "Error: Usage Error: Could not find stack for pattern 'nope'\n0 Stacks deploying";
  expect(failureFirst(log, ["dev-atomic", "dev-composite"])).toEqual([
    'no stack matches "nope"; stacks: dev-atomic, dev-composite',
  ]);
});

describe("ids in states", () => {
  it("are those of jobs, as far as a state can be read", () => {
    const folder = mkdtempSync(join(tmpdir(), "jobstrata-states-"));
    try {
      const job = (id: string) => ({ type: "databricks_job", instances: [{ attributes: { id } }] });
      const other = { type: "databricks_notebook", instances: [{ attributes: { id: "3" } }] };
      writeFileSync(join(folder, "a.tfstate"), JSON.stringify({ resources: [job("1"), other] }));
      writeFileSync(join(folder, "b.tfstate"), JSON.stringify({ resources: [job("2")] }));
      writeFileSync(join(folder, "broken.tfstate"), "{");
      expect([...idsInStates(folder)].sort()).toEqual(["1", "2"]);
      expect(idsInStates(join(folder, "none")).size).toBe(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
