import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { PROVIDER_BINARY } from "./terraform";

/**
 * The environment in which Terraform finds the provider that `npm run e2e -- --provider-binary` names, in a mirror of
 * the registry that is made in `folder`; an empty one where the stand-in is used.
 */
export function providerBinaryEnv(folder: string): NodeJS.ProcessEnv {
  const binary = process.env[PROVIDER_BINARY];
  if (binary === undefined) return {};
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the version that the package pins
  const { cdktf } = require("@cdktf/provider-databricks/package.json") as {
    cdktf: { provider: { version: string } };
  };
  const { version } = cdktf.provider;
  const mirror = join(folder, "mirror");
  const platform = `${process.platform}_${process.arch === "x64" ? "amd64" : process.arch}`;
  for (const registry of ["registry.terraform.io", "registry.opentofu.org"]) {
    const target = join(mirror, registry, "databricks", "databricks", version, platform);
    mkdirSync(target, { recursive: true });
    symlinkSync(resolve(binary), join(target, `terraform-provider-databricks_v${version}`));
  }
  const config = join(folder, "terraform.rc");
  writeFileSync(
    config,
    `provider_installation {\n  filesystem_mirror {\n    path = "${mirror}"\n  }\n}\n`,
  );
  return {
    TF_CLI_CONFIG_FILE: config,
    CDKTF_SKIP_PROVIDER_LOCK: "true",
    // The genuine provider limits itself to 15 requests a second.
    DATABRICKS_RATE_LIMIT: "1000",
  };
}
