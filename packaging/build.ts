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
import { build, type Metafile, type Plugin } from "esbuild";
import { PAGE_NAMES, PAGE_OPTIONS, pageScript } from "../src/core/render/page-files";
import { makeBarrelsLazy } from "./barrels";
import { CDKTN, forCdktn } from "./cdktn";
import { keepLinesOfMaps } from "./line-maps";
import { dropUnreachable } from "./reachable";

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
  const { exports = {}, sideEffects, ...others } = source;
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
    sideEffects: Array.isArray(sideEffects)
      ? sideEffects.map((file: string) => (file.endsWith(".ts") ? compiledFile(file, ".js") : file))
      : sideEffects,
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
    keepLinesOfMaps(compiled);
    makeBarrelsLazy(compiled);
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
    for (const folder of folders.values()) dropUnreachable(folder, entriesOf(folder));
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

/** Programs that are started by their path. */
const PROGRAMS = [
  "lib/local/server-process.js",
  "lib/local/hierarchy-worker.js",
  "lib/readers/code/analysis-worker.js",
];

/** The files of a package that its users, or the package itself, can name. */
function entriesOf(folder: string): string[] {
  const { exports = {}, bin = {} } = JSON.parse(
    readFileSync(join(folder, "package.json"), "utf8"),
  ) as Pick<Manifest, "bin"> & { exports?: Record<string, string | Record<string, string>> };
  return [
    ...Object.values(exports).flatMap((entry) =>
      typeof entry === "string" ? [entry] : Object.values(entry),
    ),
    ...Object.values(bin),
    ...PROGRAMS.filter((program) => existsSync(join(folder, program))),
  ];
}

/** Scripts of pages are bundled, and so are libraries that would weigh more than this package. */
async function finishCore(folder: string): Promise<void> {
  const lib = join(folder, "lib");
  const pages = join(lib, "render", "page");
  const bundled: Metafile[] = [];
  // Components are in the scripts of the pages and in the drawings, each with its Preact.
  for (const file of readdirSync(join(ROOT, "src", "core", "render", "page")))
    if (file.endsWith(".tsx"))
      for (const extension of [".js", ".js.map"])
        rmSync(join(pages, file.replace(/\.tsx$/, extension)), { force: true });
  for (const name of PAGE_NAMES) {
    writeFileSync(join(pages, `${name}.min.js`), pageScript(name));
    const entry = join(ROOT, "src", "core", "render", "page", `${name}.tsx`);
    const { metafile } = await build({
      ...PAGE_OPTIONS,
      entryPoints: [entry],
      metafile: true,
      absWorkingDir: ROOT,
    });
    bundled.push(metafile);
  }
  const { devDependencies = {} } = readManifest(join(ROOT, "src", "core"));
  bundled.push(...(await inlineLibraries(lib, Object.keys(devDependencies))));
  writeFileSync(join(folder, "THIRD-PARTY-LICENSES"), licences(bundled));
}

/** Puts libraries into the files that import them; everything else is required as before. */
async function inlineLibraries(lib: string, libraries: readonly string[]): Promise<Metafile[]> {
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
  const bundled: Metafile[] = [];
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
    const { metafile } = await build({
      // From the sources, since what is not used is left out of modules only.
      entryPoints: [existsSync(entry) ? entry : `${entry}x`],
      bundle: true,
      metafile: true,
      absWorkingDir: ROOT,
      outfile: join(lib, file),
      allowOverwrite: true,
      platform: "node",
      target: "node20",
      format: "cjs",
      charset: "utf8",
      legalComments: "none",
      minify: true,
      jsx: "automatic",
      jsxImportSource: "preact",
      plugins: [others],
      logLevel: "error",
    });
    rmSync(join(lib, `${file}.map`));
    bundled.push(metafile);
  }
  return bundled;
}

/** The licences of all libraries whose code is in the bundles; they go wherever it goes. */
function licences(bundles: readonly Metafile[]): string {
  const folders = bundles
    .flatMap(({ outputs }) => Object.values(outputs))
    .flatMap(({ inputs }) => Object.entries(inputs))
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .flatMap(([file]) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? [])
    .map((folder) => join(ROOT, folder));
  const texts = [...new Set(folders)].map((folder) => {
    const { name, version } = readManifest(folder);
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    if (file === undefined) throw new Error(`${name} ${version} has no licence`);
    return `${name} ${version}\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
  });
  return [...new Set(texts)].sort().join("\n---\n\n");
}

function writeJson(file: string, value: unknown): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(value, undefined, 2)}\n`);
}

if (require.main === module)
  void buildPackages().then((folders) => {
    for (const [name, folder] of folders) console.log(`${name}: ${folder.slice(ROOT.length + 1)}`);
  });
