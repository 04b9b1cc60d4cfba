/** A source location. */
export interface SourceLocation {
  /** Path relative to the working folder, with `/`. */
  readonly file: string;
  /** From 1. */
  readonly line?: number;
  /** From 1. */
  readonly column?: number;
  /** Address of a resource in a Terraform plan or state, which has no lines: `module.etl.databricks_job.load["eu"]`. */
  readonly address?: string;
}

/** Formats the known parts of `file:line:column`, or `file address` for a Terraform address. */
export function formatLocation({ file, line, column, address }: SourceLocation): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(":");
  return address === undefined ? place : `${place} ${address}`;
}
