import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Folder of the package: this one in a checkout, the one around `lib` in what is published. */
export const PACKAGE_FOLDER = existsSync(join(__dirname, "package.json"))
  ? __dirname
  : join(__dirname, "..");

/** Version of the package, which is that of all packages of jobstrata. */
export function packageVersion(): string {
  const text = readFileSync(join(PACKAGE_FOLDER, "package.json"), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}
