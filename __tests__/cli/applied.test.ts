import { applied, isAtLeast } from "../../src/cli/local/try";

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
