/** Meta-arguments that Terraform accepts in every resource. */
export const RESOURCE_META_ARGUMENTS: readonly string[] = [
  "//",
  "connection",
  "count",
  "depends_on",
  "for_each",
  "lifecycle",
  "provider",
  "provisioner",
];

/** Meta-arguments of modules, which variables cannot use as names. */
export const RESERVED_VARIABLE_NAMES: readonly string[] = [
  "count",
  "depends_on",
  "for_each",
  "lifecycle",
  "locals",
  "providers",
  "source",
  "version",
];

/** True for a valid name of a Terraform variable. */
export function isVariableName(name: string): boolean {
  return /^[A-Za-z_][\w-]*$/.test(name) && !RESERVED_VARIABLE_NAMES.includes(name);
}
