import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/** The versions of databricks/databricks whose arguments the stand-in knows. */
export const PROVIDER_VERSIONS = ["1.99", "1.132"] as const;
export type ProviderVersion = (typeof PROVIDER_VERSIONS)[number];

/** The packages that generate Terraform for the provider, the one of CDK Terrain first. */
const BINDINGS = ["@cdktn/provider-databricks", "@cdktf/provider-databricks"];
/** The first major version of the bindings that was made from a newer provider than 1.99. */
const NEWER_BINDINGS = 18;

/** The provider that the bindings installed in the project at `folder` were made for; 1.99 where none are. */
export function providerVersionFor(folder: string): ProviderVersion {
  const require = createRequire(join(folder, "package.json"));
  for (const name of BINDINGS) {
    let manifest: string;
    try {
      manifest = require.resolve(`${name}/package.json`);
    } catch {
      continue;
    }
    return providerVersionOf(manifest);
  }
  return "1.99";
}

/** The provider that bindings were made for, by their `package.json`. */
export function providerVersionOf(manifest: string): ProviderVersion {
  let version: unknown;
  try {
    version = (JSON.parse(readFileSync(manifest, "utf8")) as { version?: unknown } | null)?.version;
  } catch {
    // Loading the package reports what is wrong with it.
  }
  return Number.parseInt(String(version), 10) >= NEWER_BINDINGS ? "1.132" : "1.99";
}
