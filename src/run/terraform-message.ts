import { printable } from "@jobstrata/core/model";

/** Why Terraform failed, in one line: its first error, without the frame around it and the warnings before it. */
export function terraformMessage(stderr: string): string {
  const lines = stderr
    .split("\n")
    .map((line) => line.replace(/^[\s╷│╵]+/, "").trim())
    .filter((line) => line !== "");
  const error = lines.findIndex((line) => line.startsWith("Error:"));
  return printable(lines.slice(Math.max(0, error)).join(" ").slice(0, 600));
}
