import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { join, relative } from "node:path";
import { buildPackages, ROOT } from "../../../packaging/build";
import { lock } from "../../../src/local/execute/engine";
import { run } from "./run";

export { ROOT };

export const CACHE = join(ROOT, "node_modules", ".cache");

/** What is in the packages, or decides on it. */
const INPUTS = ["src", "packaging", "help", "LICENSE", "CHANGELOG.md", "tsconfig.base.json"];

/** A package that is packed as it would be published. */
export interface PackedPackage {
  readonly name: string;
  readonly version: string;
  readonly tarball: string;
  /** What was packed. */
  readonly folder: string;
}

let packed: Promise<readonly PackedPackage[]> | undefined;

/** All packages, built and packed unless that was done for the sources as they are. */
export const packedPackages = (): Promise<readonly PackedPackage[]> => (packed ??= pack());

async function pack(): Promise<readonly PackedPackage[]> {
  const cached = join(CACHE, `jobstrata-packages-${digest()}`);
  mkdirSync(CACHE, { recursive: true });
  const unlock = await lock(join(CACHE, "jobstrata-packages.lock"), () => undefined);
  try {
    if (!existsSync(cached)) {
      for (const name of readdirSync(CACHE))
        if (name.startsWith("jobstrata-packages-")) rmSync(join(CACHE, name), { recursive: true });
      const draft = join(CACHE, "jobstrata-packages-draft");
      rmSync(draft, { recursive: true, force: true });
      const folders = await buildPackages(join(draft, "dist"));
      const tarballs = ["--pack-destination", draft, ...folders.values()];
      const ended = await run(["npm", "pack", "--silent", "--ignore-scripts", ...tarballs], {
        cwd: ROOT,
      });
      if (ended.code !== 0) throw new Error(ended.text);
      renameSync(draft, cached);
    }
  } finally {
    unlock();
  }
  const dist = join(cached, "dist");
  return [join(dist, "jobstrata"), ...below(join(dist, "@jobstrata"))].map((folder) => {
    const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
      name: string;
      version: string;
    };
    const file = `${name.replace("@", "").replace("/", "-")}-${version}.tgz`;
    return { name, version, folder, tarball: join(cached, file) };
  });
}

const below = (folder: string): string[] => readdirSync(folder).map((name) => join(folder, name));

function digest(): string {
  const hash = createHash("sha256");
  // Libraries are bundled as they are installed.
  hash.update(readFileSync(join(ROOT, "package-lock.json")));
  const add = (path: string): void => {
    if (/(^|[/\\])(__pycache__|node_modules|alerting)$/.test(path)) return;
    if (statSync(path).isDirectory()) {
      for (const file of below(path).sort()) add(file);
      return;
    }
    hash
      .update(`${relative(ROOT, path)}\0`)
      .update(readFileSync(path))
      .update("\0");
  };
  for (const name of INPUTS) add(join(ROOT, name));
  return hash.digest("hex").slice(0, 12);
}
