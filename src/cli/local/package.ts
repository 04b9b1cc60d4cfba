import { JobstrataError } from "@jobstrata/core/errors";

/**
 * Loads a module that needs the package of the local workspace, which is optional.
 *
 * @throws {JobstrataError} `local-workspace` if it is not installed
 */
export function withLocalPackage<Module>(load: () => Module): Module {
  try {
    return load();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== "MODULE_NOT_FOUND" || !message.includes("'@jobstrata/local")) throw error;
    throw new JobstrataError(
      "local-workspace",
      "the local workspace is a separate package; install it with: npm install --save-dev @jobstrata/local",
    );
  }
}
