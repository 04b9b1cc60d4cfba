import { Construct } from "constructs";
import { JobstrataError } from "@jobstrata/core/errors";
import { printable } from "@jobstrata/core/model";
import { shown } from "./shape";

/**
 * The path of a construct that is being created, for error messages.
 *
 * @throws {JobstrataError} `no-environment` if `scope` is not in a {@link JobStack}
 */
export function placeOf(
  scope: unknown,
  id: unknown,
  what: "job" | "stack" | "workspace folder" = "job",
): string {
  const name = typeof id === "string" ? id : shown(id);
  if (scope !== undefined && !Construct.isConstruct(scope)) {
    throw new JobstrataError(
      "no-environment",
      `[${printable(name)}] its scope is ${shown(scope)}; make a ${what} in ${what === "stack" ? "an app" : "a JobStack or in a stack of a JobLayer"}`,
    );
  }
  if (scope === undefined && what !== "stack") {
    throw new JobstrataError(
      "no-environment",
      `[${printable(name)}] its scope is undefined; make it in a JobStack or in a stack of a JobLayer`,
    );
  }
  if (typeof id !== "string")
    throw new JobstrataError(
      INVALID_ID[what],
      `[${scope?.node.path ?? ""}] the id of a ${what} is ${name}; it must be text`,
    );
  return `[${[scope?.node.path ?? "", printable(id)].filter((part) => part !== "").join("/")}]`;
}

const INVALID_ID = {
  job: "invalid-job-key",
  stack: "invalid-stack",
  "workspace folder": "invalid-workspace-folder",
} as const;
