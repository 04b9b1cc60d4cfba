import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The package's folder: this one in a checkout, the one above `lib` when published. */
export const PACKAGE_FOLDER = existsSync(join(__dirname, "package.json"))
  ? __dirname
  : join(__dirname, "..");

/** The version of the package, which all jobstrata packages share. */
export function packageVersion(): string {
  const text = readFileSync(join(PACKAGE_FOLDER, "package.json"), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}
