/**
 * Makes the packages that are published, in `dist`: `npm run build`.
 *
 * A room of `src` is a package. Its manifest there names the TypeScript, so that a checkout runs as it is; here everything
 * is compiled at once, and each package gets its manifest with what that was compiled to.
 */
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { build, type Plugin } from "esbuild";
import { PAGE_NAMES, pageScript } from "../src/core/render/page-files";
import { CDKTN, forCdktn } from "./cdktn";

export const ROOT = resolve(__dirname, "..");

/** The rooms that are published, each after those that it needs. */
export const ROOMS = ["core", "run", "constructs", "local", "cli"] as const;

/** A manifest, as far as the build reads or changes it. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports?: Readonly<Record<string, string>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly [key: string]: unknown;
}

export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
}

/** What the published manifest says: the same, of compiled files. */
export function publishedManifest(source: Manifest): object {
  const { exports = {}, ...others } = source;
  const rest = Object.fromEntries(
    Object.entries(others).filter(([key]) => !["private", "devDependencies"].includes(key)),
  );
  const compiled = Object.entries(exports).map(([entry, file]): [string, unknown] => [
    entry,
    file.endsWith(".ts")
      ? { types: compiledFile(file, ".d.ts"), default: compiledFile(file, ".js") }
      : file,
  ]);
  return {
    ...rest,
    ...(exports["."] !== undefined && {
      main: compiledFile(exports["."], ".js"),
      types: compiledFile(exports["."], ".d.ts"),
    }),
    exports: Object.fromEntries(compiled),
    publishConfig: { access: "public", provenance: true },
  };
}

const compiledFile = (file: string, extension: string): string =>
  file.replace(/^\.\//, "./lib/").replace(/\.tsx?$/, extension);

/**
 * Makes all packages in `out`, which is emptied first, each in the folder of its name, as in `node_modules`.
 *
 * @returns the folder of each by its name
 */
export async function buildPackages(
  out = join(ROOT, "dist"),
): Promise<ReadonlyMap<string, string>> {
  const compiled = mkdtempSync(join(tmpdir(), "jobstrata-build-"));
  try {
    compile(compiled);
    rmSync(out, { recursive: true, force: true });
    const folders = new Map<string, string>();
    for (const room of ROOMS) {
      const source = join(ROOT, "src", room);
      const manifest = readManifest(source);
      const target = join(out, manifest.name);
      cpSync(join(compiled, room), join(target, "lib"), { recursive: true });
      writeJson(join(target, "package.json"), publishedManifest(manifest));
      for (const name of ["README.md", "bin"])
        if (existsSync(join(source, name)))
          cpSync(join(source, name), join(target, name), { recursive: true });
      for (const name of ["LICENSE", "CHANGELOG.md"]) cpSync(join(ROOT, name), join(target, name));
      folders.set(manifest.name, target);
    }
    await finishCore(join(out, "@jobstrata", "core"));
    cpSync(
      join(ROOT, "src", "local", "execute", "python"),
      join(out, "@jobstrata", "local", "lib", "execute", "python"),
      { recursive: true, filter: (file) => !file.includes("__pycache__") },
    );
    cpSync(join(ROOT, "help"), join(out, "jobstrata", "help"));
    const cdktn = join(out, CDKTN);
    forCdktn(join(out, "@jobstrata", "cdktf"), cdktn);
    folders.set(CDKTN, cdktn);
    return folders;
  } finally {
    rmSync(compiled, { recursive: true, force: true });
  }
}

function compile(out: string): void {
  const tsc = require.resolve("typescript/bin/tsc");
  execFileSync(
    process.execPath,
    [tsc, "-p", join(ROOT, "packaging", "tsconfig.json"), "--outDir", out],
    {
      stdio: "inherit",
    },
  );
}

/** Scripts of pages are bundled, and so are libraries that would weigh more than this package. */
async function finishCore(folder: string): Promise<void> {
  const lib = join(folder, "lib");
  const pages = join(lib, "render", "page");
  // Components are in the scripts of the pages and in the drawings, each with its Preact.
  for (const file of readdirSync(join(ROOT, "src", "core", "render", "page")))
    if (file.endsWith(".tsx"))
      for (const extension of [".js", ".js.map", ".d.ts"])
        rmSync(join(pages, file.replace(/\.tsx$/, extension)), { force: true });
  for (const name of PAGE_NAMES) writeFileSync(join(pages, `${name}.min.js`), pageScript(name));
  const { devDependencies = {} } = readManifest(join(ROOT, "src", "core"));
  const inlined = Object.keys(devDependencies);
  await inlineLibraries(lib, inlined);
  writeFileSync(join(folder, "THIRD-PARTY-LICENSES"), licences(inlined));
}

/** Puts libraries into the files that import them; everything else is required as before. */
async function inlineLibraries(lib: string, libraries: readonly string[]): Promise<void> {
  const isInlined = (path: string): boolean =>
    libraries.some((library) => path === library || path.startsWith(`${library}/`));
  const source = join(ROOT, "src", "core");
  const files = readdirSync(lib, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".js") && !file.endsWith(".min.js"))
    .filter((file) =>
      [...readFileSync(join(lib, file), "utf8").matchAll(/require\("([^"]+)"\)/g)].some(
        ([, path = ""]) => isInlined(path),
      ),
    );
  for (const file of files) {
    const from = join(source, dirname(file));
    const others: Plugin = {
      name: "others-stay-required",
      setup: (bundle) => {
        bundle.onResolve({ filter: /.*/ }, ({ path, importer, kind, resolveDir }) => {
          if (kind === "entry-point" || isInlined(path) || importer.includes("node_modules"))
            return undefined;
          if (!path.startsWith(".")) return { path, external: true };
          const imported = join(resolveDir, path);
          // The components of one drawing must have one Preact.
          if (existsSync(`${imported}.tsx`)) return undefined;
          return { path: `./${relative(from, imported)}`, external: true };
        });
      },
    };
    const entry = join(source, file.replace(/\.js$/, ".ts"));
    await build({
      // From the sources, since what is not used is left out of modules only.
      entryPoints: [existsSync(entry) ? entry : `${entry}x`],
      bundle: true,
      outfile: join(lib, file),
      allowOverwrite: true,
      platform: "node",
      target: "node20",
      format: "cjs",
      charset: "utf8",
      legalComments: "none",
      minifySyntax: true,
      jsx: "automatic",
      jsxImportSource: "preact",
      plugins: [others],
      logLevel: "error",
    });
    rmSync(join(lib, `${file}.map`));
  }
}

/** The licences of libraries and of all that they need, which go wherever their code goes. */
function licences(libraries: readonly string[]): string {
  const texts = new Map<string, string>();
  const visit = (name: string, from: string): void => {
    const manifestFile = require.resolve(`${name}/package.json`, { paths: [from] });
    const folder = dirname(manifestFile);
    const { version, dependencies = {} } = readManifest(folder);
    const title = `${name} ${version}`;
    if (texts.has(title)) return;
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    if (file === undefined) throw new Error(`${title} has no licence`);
    texts.set(title, readFileSync(join(folder, file), "utf8").trim());
    for (const dependency of Object.keys(dependencies)) visit(dependency, folder);
  };
  for (const library of libraries) visit(library, ROOT);
  return [...texts].map(([title, text]) => `${title}\n\n${text}\n`).join("\n---\n\n");
}

function writeJson(file: string, value: unknown): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(value, undefined, 2)}\n`);
}

if (require.main === module)
  void buildPackages().then((folders) => {
    for (const [name, folder] of folders) console.log(`${name}: ${folder.slice(ROOT.length + 1)}`);
  });
