import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Job } from "@cdktf/provider-databricks/lib/job";
import { DatabricksProvider } from "@cdktf/provider-databricks/lib/provider";
import { TerraformStack } from "cdktf";
import { App } from "@jobstrata/cdktf";
import { JobResource } from "../../src/constructs/job-resource";
import { makeEverything } from "../support/everything";
import { maximal } from "../support/provider-schema";
import { freshFolder } from "../support/synth";

/** `cdktf synth --hcl` says it like this; the option `hclOutput` of an app alone does not reach its stacks. */
beforeAll(() => {
  process.env.SYNTH_HCL_OUTPUT = "true";
});
afterAll(() => {
  delete process.env.SYNTH_HCL_OUTPUT;
});

/** The `cdk.tf` of each stack. */
function hcl(build: (app: App) => void, rules?: []): (stack: string) => string {
  const app = new App({ outdir: freshFolder(), ...(rules && { rules }) });
  build(app);
  app.synth();
  return (stack) => readFileSync(join(app.outdir, "stacks", stack, "cdk.tf"), "utf8");
}

describe("HCL output", () => {
  let read: (stack: string) => string;

  beforeAll(() => {
    read = hcl(makeEverything);
  });

  it("has the jobs as blocks", () => {
    const text = read("alerting-dev-atomic");
    expect(text).toContain('resource "databricks_job" "alerting_tables_job" {');
    expect(text).toMatch(/environment \{\s+environment_key = "default"/);
    expect(text).toContain('notebook_path = "${databricks_notebook.alerting_tables_job.path}"');
    expect(text).toContain('resource "databricks_notebook" "alerting_tables_job" {');
  });

  it("exports every job, once", () => {
    for (const key of ["alerting_tables_job", "alerting_seed_job", "alerting_validation_job"]) {
      for (const attribute of ["id", "url"]) {
        const text = read("alerting-dev-atomic");
        expect(text.split(`output "${key}_${attribute}" {`)).toHaveLength(2);
        expect(text).toContain(`value = "\${databricks_job.${key}.${attribute}}"`);
      }
    }
  });

  it("reads the ids of jobs of another stack", () => {
    const text = read("alerting-prod-composite");
    expect(text).toContain('data "terraform_remote_state" "alerting-prod-atomic" {');
    expect(text).toMatch(
      /job_id\s+= "?(\$\{)?data\.terraform_remote_state\.alerting-prod-atomic\.outputs\.alerting_tables_job_id/,
    );
  });

  it("has the variables of the environment", () => {
    expect(read("alerting-dev-composite")).toMatch(/variable "catalog" \{[^}]*default\s+= "dev"/);
  });

  const terraform = spawnSync("terraform", ["version"]).status === 0;
  if (!terraform) process.stderr.write("no terraform: its parser does not read the HCL output\n");
  (terraform ? it : it.skip).each(["alerting-dev-atomic", "alerting-prod-composite"])(
    "of %s can be parsed by Terraform",
    (stack) => {
      const { status, stderr } = spawnSync("terraform", ["fmt", "-"], {
        input: read(stack),
        encoding: "utf8",
        env: { ...process.env, CHECKPOINT_DISABLE: "1" },
      });
      expect({ status, stderr }).toMatchObject({ status: 0 });
    },
  );

  it("equals that of the provider package's class for every argument", () => {
    const config = maximal("job.JobConfig");
    const compare = hcl((app) => {
      for (const variant of ["ours", "generated"]) {
        const stack = new TerraformStack(app, variant);
        new DatabricksProvider(stack, "databricks");
        if (variant === "ours") new JobResource(stack, "tables", () => config);
        else new Job(stack, "tables", config);
      }
    }, []);
    const normal = (stack: string): string => compare(stack).replaceAll(stack, "stack");
    expect(normal("ours")).toBe(normal("generated"));
    expect(normal("ours").length).toBeGreaterThan(10_000);
  });
});
