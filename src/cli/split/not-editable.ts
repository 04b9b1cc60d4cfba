import type { RefusalCode } from "@jobstrata/core/split";

/** A job whose file cannot be changed in place. */
export class NotEditable extends Error {
  public constructor(
    public readonly code: Extract<RefusalCode, "not-editable" | "shared-anchor">,
    message: string,
  ) {
    super(message);
  }
}
