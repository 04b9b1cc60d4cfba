import { printable } from "@jobstrata/core/model";

/** Terraform's first error in one line, without the frame and previous warnings. */
export function terraformMessage(stderr: string): string {
  const lines = stderr
    .split("\n")
    .map((line) => line.replace(/^[\s╷│╵]+/, "").trim())
    .filter((line) => line !== "");
  const error = lines.findIndex((line) => line.startsWith("Error:"));
  return printable(lines.slice(Math.max(0, error)).join(" ").slice(0, 600));
}
