import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { JobstrataError } from "./errors";

/**
 * The Terraform program: the one that the user names, otherwise terraform, otherwise tofu.
 *
 * @throws {JobstrataError} `terraform` if it is not on the PATH
 */
export function terraformBinary(env: NodeJS.ProcessEnv = process.env): string {
  const named = env.TERRAFORM_BINARY_NAME;
  const names = named === undefined ? ["terraform", "tofu"] : [named];
  const found = names.find((name) => isOnPath(name, env));
  if (found !== undefined) return found;
  throw new JobstrataError(
    "terraform",
    "neither terraform nor tofu is on the PATH; install one: https://developer.hashicorp.com/terraform/install or https://opentofu.org/docs/intro/install",
  );
}

function isOnPath(name: string, env: NodeJS.ProcessEnv): boolean {
  const folders = /[\\/]/.test(name) ? [""] : (env.PATH ?? "").split(delimiter);
  return folders.some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
