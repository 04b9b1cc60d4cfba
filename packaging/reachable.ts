/** What of a compiled package its users can reach; the rest stays out of it. */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import {
  createSourceFile,
  type Expression,
  forEachChild,
  isCallExpression,
  isExportDeclaration,
  isIdentifier,
  isImportDeclaration,
  isImportTypeNode,
  isLiteralTypeNode,
  isStringLiteral,
  type Node,
  ScriptTarget,
  SyntaxKind,
} from "typescript";

/** `require` and `import`, of what is called. */
const isRequire = (called: Expression): boolean =>
  called.kind === SyntaxKind.ImportKeyword || (isIdentifier(called) && called.text === "require");

/** The files that a compiled file names. It is parsed, since a template may hold text that looks like an import. */
function requiredBy(file: string): string[] {
  const source = createSourceFile(file, readFileSync(file, "utf8"), ScriptTarget.Latest);
  const names: string[] = [];
  const visit = (node: Node): void => {
    const [argument] = isCallExpression(node) && isRequire(node.expression) ? node.arguments : [];
    const module =
      isImportDeclaration(node) || isExportDeclaration(node) ? node.moduleSpecifier : argument;
    if (module !== undefined && isStringLiteral(module)) names.push(module.text);
    if (isImportTypeNode(node) && isLiteralTypeNode(node.argument))
      if (isStringLiteral(node.argument.literal)) names.push(node.argument.literal.text);
    forEachChild(node, visit);
  };
  visit(source);
  return names.filter((name) => /^\.\.?\//.test(name));
}

/**
 * Deletes the code and the declarations in `folder/lib` that none of `entries` leads to.
 *
 * @param entries relative to `folder`; what is run or read by its path, not required, has to be among them
 */
export function dropUnreachable(folder: string, entries: readonly string[]): void {
  const reached = new Set<string>();
  const visit = (file: string): void => {
    if (reached.has(file)) return;
    reached.add(file);
    if (file.endsWith(".json")) return;
    for (const path of requiredBy(file)) {
      const target = join(dirname(file), path);
      const candidates = file.endsWith(".d.ts")
        ? [`${target}.d.ts`, join(target, "index.d.ts")]
        : [target, `${target}.js`, join(target, "index.js")];
      const found = candidates.find(
        (candidate) => /\.(js|json|ts)$/.test(candidate) && existsSync(candidate),
      );
      if (found === undefined)
        throw new Error(`${relative(folder, file)} needs ${path}, which is missing`);
      visit(found);
    }
  };
  for (const entry of entries) visit(join(folder, entry));
  const lib = join(folder, "lib");
  for (const path of readdirSync(lib, { recursive: true, encoding: "utf8" })) {
    const file = join(lib, path);
    if (!/\.(js|js\.map|d\.ts)$/.test(path) || path.endsWith(".min.js")) continue;
    if (!reached.has(file.replace(/\.map$/, ""))) rmSync(file);
  }
}
