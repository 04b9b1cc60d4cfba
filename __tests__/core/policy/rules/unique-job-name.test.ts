import { uniqueJobName } from "../../../../src/core/policy/rules/unique-job-name";
import { atomicSpec, check } from "../../../support/policy";

const named = (key: string, name?: string) =>
  atomicSpec(key, `${key}.py`, name === undefined ? {} : { name });

describe("unique-job-name", () => {
  test.each([
    ["different names", [named("seed_job", "[dev] Seed"), named("tables_job", "[dev] Tables")]],
    ["no names", [named("seed_job"), named("tables_job")]],
    [
      "names that only Terraform knows",
      [named("seed_job", "${var.name}"), named("tables_job", "${var.name}")],
    ],
  ])("accepts %s", (_, jobs) => {
    expect(check(uniqueJobName, jobs)).toEqual([]);
  });

  test("finds all jobs of one name, once", () => {
    const jobs = ["seed_job", "tables_job", "deploy_job"].map((key) =>
      named(key, "[dev] \u001bSeed"),
    );
    expect(check(uniqueJobName, [...jobs, named("other_job", "[dev] Other")])).toEqual([
      {
        message: '3 jobs have the display name "[dev] \\u001bSeed"',
        fix: "give each a unique name",
        sites: ["alerting-dev/seed_job", "alerting-dev/tables_job", "alerting-dev/deploy_job"],
      },
    ]);
  });
});
