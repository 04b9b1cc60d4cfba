/** The constructs for CDKTN, the fork of CDKTF that is maintained: the same code, of other packages. */
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Name of the package. */
export const CDKTN = "@jobstrata/cdktn";

/** What has another name there. Nothing but names of packages: what CDKTN itself calls `cdktf` stays. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/(["'])cdktf(["'/])/g, "$1cdktn$2"],
  [/@cdktf\/provider-databricks/g, "@cdktn/provider-databricks"],
  [/@jobstrata\/cdktf/g, CDKTN],
];

const renamed = (text: string): string =>
  NAMES.reduce((changed, [name, other]) => changed.replace(name, other), text);

/** Makes the package of CDKTN in `target` from that of CDKTF in `source`. */
export function forCdktn(source: string, target: string): void {
  cpSync(source, target, { recursive: true });
  for (const file of readdirSync(join(target, "lib"), { recursive: true, encoding: "utf8" })) {
    if (!/\.(js|ts|map)$/.test(file)) continue;
    const path = join(target, "lib", file);
    const text = readFileSync(path, "utf8");
    // Sources within a map are JSON, whose quotes are escaped.
    writeFileSync(
      path,
      file.endsWith(".map")
        ? renamed(text).replace(/\\"cdktf(\\"|\/)/g, '\\"cdktn$1')
        : renamed(text),
    );
  }
  const manifestFile = join(target, "package.json");
  const manifest = JSON.parse(readFileSync(manifestFile, "utf8")) as Record<string, unknown>;
  const text = JSON.stringify(
    {
      ...manifest,
      name: CDKTN,
      description: String(manifest.description).replace("Terraform CDK", "CDKTN"),
      peerDependencies: CDKTN_PEERS,
    },
    undefined,
    2,
  );
  writeFileSync(manifestFile, `${text}\n`);
  const readme = join(target, "README.md");
  writeFileSync(readme, renamed(readFileSync(readme, "utf8")).replaceAll("CDKTF", "CDKTN"));
}

/** The range of constructs is cdktn's own. */
export const CDKTN_PEERS = {
  "@cdktn/provider-databricks": ">=18.0.0 <19",
  cdktn: "^0.24.0",
  constructs: ">=10.6.0 <10.8.0",
};
