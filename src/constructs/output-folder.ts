import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { METADATA_FILE } from "@jobstrata/core/model";

/**
 * Removes every stack's configuration from an output folder, also that of stacks which are no longer part of the
 * app, and the manifest that lists them. Whatever stops the synthesis from here on, no old file can be planned.
 *
 * @returns what was removed: the content by the path below `outdir`
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
