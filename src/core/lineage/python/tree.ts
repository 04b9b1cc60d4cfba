import type { parser } from "@lezer/python";

/** Walks the tree. */
export type TreeCursor = ReturnType<ReturnType<typeof parser.parse>["cursor"]>;

/** Deeper expressions and blocks are left out. */
export const MAX_DEPTH = 200;

/** A node of the parser's tree. */
export interface Node {
  readonly type: string;
  readonly from: number;
  readonly to: number;
  readonly children: Node[];
}

/** The node at a cursor with all that it holds; the cursor stays there. */
export function nodeAt(cursor: TreeCursor): Node {
  const root: Node = { type: cursor.name, from: cursor.from, to: cursor.to, children: [] };
  const open: Node[] = [root];
  while (open.length > 0) {
    if (cursor.firstChild()) {
      open.push(enter(cursor, open));
      continue;
    }
    for (;;) {
      open.pop();
      if (open.length === 0) return root;
      if (cursor.nextSibling()) {
        open.push(enter(cursor, open));
        break;
      }
      cursor.parent();
    }
  }
  return root;
}

function enter({ name, from, to }: TreeCursor, open: readonly Node[]): Node {
  const node: Node = { type: name, from, to, children: [] };
  if (name !== "⚠" && name !== "Comment") open.at(-1)?.children.push(node);
  return node;
}

const PUNCTUATION = new Set(["(", ")", "[", "]", "{", "}", ",", ":", ".", ";"]);

const NO_EXPRESSIONS = new Set([
  "AssignOp",
  "UpdateOp",
  "CompareOp",
  "ArithOp",
  "BitOp",
  "LogicOp",
  "TypeDef",
  "Body",
  "ParamList",
  "ArgList",
  "for",
  "in",
  "if",
  "else",
  "async",
  "await",
  "lambda",
  "not",
  "and",
  "or",
  "is",
  "with",
  "as",
  "yield",
  "from",
  "assert",
  "print",
  "match",
  "case",
  "while",
  "*",
  "**",
  "import",
  "return",
  "except",
  "try",
  "finally",
]);

export function isExpressionNode({ type }: Node): boolean {
  return !PUNCTUATION.has(type) && !NO_EXPRESSIONS.has(type);
}
