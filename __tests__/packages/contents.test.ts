/** What is in the packages that are published. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, relative } from "node:path";
import { type PackedPackage, packedPackages, ROOT } from "./support/packed";
import { pool } from "./support/project";
import { run } from "./support/run";

const NAMES = [
  "jobstrata",
  "@jobstrata/cdktf",
  "@jobstrata/cdktn",
  "@jobstrata/core",
  "@jobstrata/local",
  "@jobstrata/run",
];
/** Building may come first; milliseconds. */
const TIMEOUT = 300_000;

interface Manifest {
  readonly [field: string]: unknown;
  readonly keywords: readonly string[];
  readonly bin?: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

let packages: ReadonlyMap<string, PackedPackage>;

beforeAll(async () => {
  packages = new Map((await packedPackages()).map((each) => [each.name, each]));
}, TIMEOUT);

function packed(name: string): PackedPackage {
  const found = packages.get(name);
  if (found === undefined) throw new Error(`${name} was not packed`);
  return found;
}

const manifestOf = (name: string): Manifest =>
  JSON.parse(readFileSync(join(packed(name).folder, "package.json"), "utf8")) as Manifest;

/** Files of a package by their paths in it. */
const filesOf = (name: string): string[] =>
  readdirSync(packed(name).folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(packed(name).folder, join(entry.parentPath, entry.name)))
    .sort();

const textOf = (name: string, file: string): string =>
  readFileSync(join(packed(name).folder, file), "utf8");

test("every room of src that is published is a package", () => {
  expect([...packages.keys()].sort()).toEqual([...NAMES].sort());
});

describe("publint and attw find nothing", () => {
  const inTurn = pool(2);

  test.each(NAMES)(
    "in %s",
    async (name) => {
      const { tarball } = packed(name);
      const bin = (tool: string): string => join(ROOT, "node_modules", ".bin", tool);
      // A package that exports nothing but its manifest has no types.
      const attw = name === "jobstrata" ? [] : [[bin("attw"), tarball, "--profile", "node16"]];
      const ended = await Promise.all(
        [[bin("publint"), tarball, "--strict"], ...attw].map((command) =>
          inTurn(() => run(command, { cwd: ROOT })),
        ),
      );
      expect(ended.map(({ code, text }) => (code === 0 ? "" : text))).toEqual(ended.map(() => ""));
    },
    TIMEOUT,
  );
});

describe.each(NAMES)("%s", (name) => {
  test("has a description, repository and licence", () => {
    const manifest = manifestOf(name);
    expect(manifest).toMatchObject({
      license: "Apache-2.0",
      engines: { node: ">=20.19" },
      homepage: expect.stringContaining("https://github.com/jobstrata/jobstrata") as string,
      bugs: expect.anything() as string,
      repository: { type: "git", directory: expect.stringMatching(/^src\//) as string },
      sideEffects: expect.anything() as unknown,
      publishConfig: { access: "public", provenance: true },
    });
    expect(manifest).not.toHaveProperty("private");
    expect(manifest).not.toHaveProperty("scripts");
    expect(manifest).not.toHaveProperty("devDependencies");
    expect(manifest.keywords).toEqual(
      expect.arrayContaining(["databricks", "cdk", "cdktf", "cdktn"]),
    );
    expect(filesOf(name)).toEqual(
      expect.arrayContaining(["CHANGELOG.md", "LICENSE", "README.md", "package.json"]),
    );
  });

  test("holds only reachable code", () => {
    const files = filesOf(name);
    expect(
      files.filter((file) =>
        /generate-|\.test\.|__|\.tsx?$/.test(file.replace(/\.d\.ts$/, "").replace("__init__", "")),
      ),
    ).toEqual([]);
    const documents = new Set([
      "CHANGELOG.md",
      "LICENSE",
      "README.md",
      "package.json",
      "help",
      "THIRD-PARTY-LICENSES",
    ]);
    expect(files.filter((file) => !/^(lib|bin)\//.test(file) && !documents.has(file))).toEqual([]);
  });

  test("has source maps that hold their sources", () => {
    const maps = filesOf(name).filter((file) => file.endsWith(".map"));
    expect(maps.length).toBeGreaterThan(5);
    for (const file of maps) {
      const { sources, sourcesContent } = JSON.parse(textOf(name, file)) as {
        sources: string[];
        sourcesContent?: (string | null)[];
      };
      expect([file, sourcesContent?.length]).toEqual([file, sources.length]);
      expect(textOf(name, file.replace(/\.map$/, ""))).toContain("//# sourceMappingURL=");
    }
  });

  test("declares types with its dependencies only", () => {
    const { dependencies = {}, peerDependencies = {} } = manifestOf(name);
    const known = [...Object.keys(dependencies), ...Object.keys(peerDependencies)];
    const wrong = filesOf(name)
      .filter((file) => file.endsWith(".d.ts"))
      .flatMap((file) =>
        importsOf(textOf(name, file))
          .filter((path) =>
            path.startsWith(".")
              ? !existsSync(join(packed(name).folder, dirname(file), `${path}.d.ts`)) &&
                !existsSync(join(packed(name).folder, dirname(file), path, "index.d.ts"))
              : !builtinModules.includes(path.replace(/^node:/, "")) &&
                !known.some((each) => path === each || path.startsWith(`${each}/`)),
          )
          .map((path) => `${file}: ${path}`),
      );
    expect(wrong).toEqual([]);
  });

  test("has links in its README that work outside of the repository", () => {
    const links = [...textOf(name, "README.md").matchAll(/\]\(([^)]+)\)/g)].map(([, to]) => to);
    expect(links.filter((to) => !/^(https:|#)/.test(to ?? ""))).toEqual([]);
  });
});

describe.each(["@jobstrata/cdktf", "@jobstrata/cdktn"])("declarations of %s", (name) => {
  const declarations = (): [string, string][] =>
    filesOf(name)
      .filter((file) => file.endsWith(".d.ts"))
      .map((file) => [file, textOf(name, file)]);

  test("hold no type of the provider", () => {
    const found = declarations().filter(([, text]) =>
      importsOf(text).some((path) => path.includes("provider-databricks")),
    );
    expect(found.map(([file]) => file)).toEqual([]);
  });

  test("hold no internal member", () => {
    expect(declarations().filter(([, text]) => text.includes("@internal"))).toEqual([]);
  });
});

test("the package of CDKTN names nothing of CDKTF", () => {
  const [cdktf, cdktn] = ["@jobstrata/cdktf", "@jobstrata/cdktn"].map(manifestOf);
  expect(Object.keys(cdktn?.peerDependencies ?? {})).toEqual([
    "@cdktn/provider-databricks",
    "cdktn",
    "constructs",
  ]);
  expect({ ...cdktn?.exports }).toEqual({ ...cdktf?.exports });
  const named = filesOf("@jobstrata/cdktn")
    .filter((file) => /\.(js|d\.ts)$/.test(file))
    .filter((file) =>
      importsOf(textOf("@jobstrata/cdktn", file)).some((path) => path.includes("cdktf")),
    );
  expect(named).toEqual([]);
});

test("licences of everything that is bundled go with it", () => {
  const text = textOf("@jobstrata/core", "THIRD-PARTY-LICENSES");
  const { devDependencies } = JSON.parse(
    readFileSync(join(ROOT, "src", "core", "package.json"), "utf8"),
  ) as { devDependencies: Record<string, string> };
  // Those of the pages, and those of the manifest.
  const libraries = ["d3-zoom", "eventsource-parser", ...Object.keys(devDependencies)];
  for (const library of libraries)
    expect(text).toMatch(new RegExp(`^${library} \\d+\\.\\d+\\.\\d+$`, "m"));
});

test("the packages are small", () => {
  const sizes = Object.fromEntries(
    NAMES.map((name) => [name, Math.ceil(statSync(packed(name).tarball).size / 1024)]),
  );
  for (const [name, kibibytes] of Object.entries(sizes))
    expect([name, kibibytes < 1024]).toEqual([name, true]);
});

/** What a module imports. */
function importsOf(text: string): string[] {
  return [...text.matchAll(/(?:\bfrom |\bimport\(|\brequire\(|^import )\s*"([^"]+)"/gm)].map(
    ([, path = ""]) => path,
  );
}
