import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/** The versions of databricks/databricks that the stand-in emulates. */
export const PROVIDER_VERSIONS = ["1.99", "1.132"] as const;
export type ProviderVersion = (typeof PROVIDER_VERSIONS)[number];

/** The CDK packages of the provider, CDK Terrain's first. */
const BINDINGS = ["@cdktn/provider-databricks", "@cdktf/provider-databricks"];
/** The first major version of the CDK packages for a provider newer than 1.99. */
const NEWER_BINDINGS = 18;

/** The provider version of the CDK package installed in the project at `folder`; 1.99 if none is installed. */
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

/** The provider version of a CDK package, from its `package.json`. */
export function providerVersionOf(manifest: string): ProviderVersion {
  let version: unknown;
  try {
    version = (JSON.parse(readFileSync(manifest, "utf8")) as { version?: unknown } | null)?.version;
  } catch {
    // Ignore errors here: loading the package reports them.
  }
  return Number.parseInt(String(version), 10) >= NEWER_BINDINGS ? "1.132" : "1.99";
}
