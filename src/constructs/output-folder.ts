import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { METADATA_FILE } from "@jobstrata/core/model";

/**
 * Removes the configurations of all stacks from an output folder, including stacks that are no longer part of the app,
 * and the manifest. If the synthesis then fails, no outdated file can be planned.
 *
 * @returns the removed contents by path below `outdir`
 */
export function takeConfigurations(outdir: string): Map<string, Buffer> {
  const taken = new Map<string, Buffer>();
  const folder = join(outdir, "stacks");
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    for (const file of ["cdk.tf.json", "cdk.tf"]) {
      const path = join(folder, name, file);
      if (!existsSync(path)) continue;
      taken.set(join("stacks", name, file), readFileSync(path));
      rmSync(path);
    }
  }
  for (const file of ["manifest.json", METADATA_FILE]) rmSync(join(outdir, file), { force: true });
  return taken;
}
