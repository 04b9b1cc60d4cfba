/** Arguments that Terraform itself reads of every resource. */
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

/** Arguments of a module beside its variables, so that no variable can have such a name. */
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

/** True for a name that a Terraform variable can have. */
export function isVariableName(name: string): boolean {
  return /^[A-Za-z_][\w-]*$/.test(name) && !RESERVED_VARIABLE_NAMES.includes(name);
}
