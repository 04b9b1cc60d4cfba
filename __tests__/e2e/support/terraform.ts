import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Names the binary of a Terraform provider that the tests are to use instead of the stand-in; see `npm run e2e`. */
export const PROVIDER_BINARY = "JOBSTRATA_E2E_PROVIDER_BINARY";

/** Whether the provider is the stand-in, which this project carries. */
export const usesStandIn = process.env[PROVIDER_BINARY] === undefined;

/** Which of the programs that read Terraform configuration are on the PATH. */
export const terraformBinaries = ["terraform", "tofu"].filter(isOnPath);

/** `describe`, or `describe.skip` with the reason in the title where there is no Terraform. */
export const describeWithTerraform = (title: string, tests: () => void): void => {
  if (terraformBinaries.length > 0) describe(title, tests);
  else describe.skip(`${title} (skipped: neither terraform nor tofu is on the PATH)`, tests);
};

/** Whether `program` can be started by its name. */
export function isOnPath(program: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
