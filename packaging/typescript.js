// Lets this process require TypeScript: `node -r ./packaging/typescript.js FILE.ts`.
//
// A checkout's commands and tests start many short processes. tsx does the same and more (ES modules, tsconfig paths), for
// 0.4 s of processor time at each start. Here a file is compiled once and kept by its content.
const { createHash } = require("node:crypto");
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require("node:fs");
const Module = require("node:module");
const { extname, join } = require("node:path");
const { version } = require("esbuild/package.json");

const CACHE = join(__dirname, "..", "node_modules", ".cache", "jobstrata", "typescript");
const OPTIONS = {
  format: "cjs",
  platform: "node",
  target: "node20",
  sourcemap: "inline",
  sourcesContent: false,
  jsx: "automatic",
  jsxImportSource: "preact",
};
const SALT = JSON.stringify([version, OPTIONS]);

for (const extension of [".ts", ".tsx"])
  Module._extensions[extension] = (loaded, file) => loaded._compile(compiled(file), file);

// Stack traces name lines of the TypeScript.
process.setSourceMapsEnabled(true);

function compiled(file) {
  const source = readFileSync(file, "utf8");
  const key = createHash("sha256").update(SALT).update(file).update(source).digest("hex");
  const kept = join(CACHE, `${key}.js`);
  try {
    return readFileSync(kept, "utf8");
  } catch {
    const code = transform(file, source);
    keep(kept, code);
    return code;
  }
}

function transform(file, source) {
  const { transformSync } = require("esbuild");
  const loader = extname(file).slice(1);
  return transformSync(source, { ...OPTIONS, loader, sourcefile: file }).code;
}

/** Whole or not at all, since processes that start at once write the same file. */
function keep(file, text) {
  try {
    mkdirSync(CACHE, { recursive: true });
    const written = `${file}.${process.pid}`;
    writeFileSync(written, text);
    renameSync(written, file);
  } catch {
    // A folder that cannot be written costs time alone.
  }
}
