/** Files that only re-export others: an import of one name then loads one file. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "cjs-module-lexer";

const STAR = /^__exportStar\(require\("([^"]+)"\), exports\);$/gm;
const IMPORT = /^var (\w+) = require\("([^"]+)"\);$/gm;
const NAMED =
  /^Object\.defineProperty\(exports, "(\w+)", \{ enumerable: true, get: function \(\) \{ return (\w+)\.\1; \} \}\);$/gm;

/** Makes each `index.js` below `lib` that only re-exports load a file when a name of it is first asked for. */
export function makeBarrelsLazy(lib: string): void {
  for (const path of readdirSync(lib, { recursive: true, encoding: "utf8" })) {
    const file = join(lib, path);
    if (!/(^|[/\\])index\.js$/.test(path) || !isBarrel(file)) continue;
    writeFileSync(file, lazyBarrel(file));
    // Of the sources nothing is left that a map could name.
    rmSync(`${file}.map`);
  }
}

function isBarrel(file: string): boolean {
  const text = readFileSync(file, "utf8");
  const { exports, reexports } = parse(text);
  const named = namedIn(text);
  return reexports.length > 0 && exports.every((name) => name === "__esModule" || named.has(name));
}

/** The names that a compiled file re-exports one by one, each with the file that it is from. */
function namedIn(text: string): ReadonlyMap<string, string> {
  const files = new Map(
    Array.from(text.matchAll(IMPORT), ([, name = "", file = ""]) => [name, file]),
  );
  return new Map(
    Array.from(text.matchAll(NAMED), ([, name = "", from = ""]) => [name, files.get(from) ?? ""]),
  );
}

function lazyBarrel(file: string): string {
  const text = readFileSync(file, "utf8");
  const owners = new Map(namedIn(text));
  for (const [, from = ""] of text.matchAll(STAR))
    for (const name of namesOf(join(dirname(file), from))) {
      const other = owners.get(name);
      if (other !== undefined) throw new Error(`${file}: ${name} is in ${other} and in ${from}`);
      owners.set(name, from);
    }
  const names = [...owners.keys()].sort();
  return `"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
const from = (load, ...names) => {
  for (const name of names)
    Object.defineProperty(exports, name, {
      configurable: true,
      enumerable: true,
      get: () => {
        const value = load()[name];
        Object.defineProperty(exports, name, { enumerable: true, value });
        return value;
      },
    });
};
${[...new Set(owners.values())]
  .map((path) => {
    const own = names.filter((name) => owners.get(name) === path);
    return `from(() => require(${JSON.stringify(path)}), ${own.map((name) => JSON.stringify(name)).join(", ")});\n`;
  })
  .join("")}// What modules that import this one by its names can see of it without running it.
0 && (module.exports = { ${names.join(", ")} });
`;
}

/** The names that a compiled file exports, those that it re-exports included. */
function namesOf(path: string): string[] {
  const file = [`${path}.js`, join(path, "index.js")].find(existsSync);
  if (file === undefined) throw new Error(`there is no ${path}.js`);
  const { exports, reexports } = parse(readFileSync(file, "utf8"));
  return [
    ...exports.filter((name) => name !== "__esModule"),
    ...reexports.flatMap((from) => namesOf(join(dirname(file), from))),
  ];
}
