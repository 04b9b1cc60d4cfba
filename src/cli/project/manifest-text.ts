import { type Node, parseTree } from "jsonc-parser";

/**
 * Adds members to a section of a `package.json`. All other text keeps its place and format; in a sorted section, such as npm's
 * dependencies, a new member goes to its sorted position.
 */
export function withMembers(
  text: string,
  section: string,
  members: Readonly<Record<string, string>>,
): string {
  const names = Object.keys(members);
  if (names.length === 0) return text;
  if (text.startsWith("\ufeff")) return `\ufeff${withMembers(text.slice(1), section, members)}`;
  const root = parseTree(text);
  if (root === undefined) return text;
  const object = propertiesOf(root).find(({ name }) => name === section)?.value;
  const withSection = object === undefined ? insertMember(text, root, section, "{}", false) : text;
  return names.reduce((changed, name) => {
    const tree = parseTree(changed);
    const target = tree && propertiesOf(tree).find((each) => each.name === section)?.value;
    return target === undefined
      ? changed
      : insertMember(changed, target, name, JSON.stringify(members[name]), true);
  }, withSection);
}

interface Property {
  readonly name: string;
  readonly node: Node;
  readonly value: Node | undefined;
}

function propertiesOf(object: Node): Property[] {
  return (object.children ?? []).map((node) => ({
    name: String(node.children?.[0]?.value),
    node,
    value: node.children?.[1],
  }));
}

/** @param inOrder inserts in sorted position if the existing members are sorted */
function insertMember(
  text: string,
  object: Node,
  name: string,
  value: string,
  inOrder: boolean,
): string {
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  const step = /^([ \t]+)"/m.exec(text)?.[1] ?? "  ";
  const properties = propertiesOf(object);
  const member = `${JSON.stringify(name)}: ${value}`;
  const isSorted = properties.every(
    (property, index) => index === 0 || (properties[index - 1]?.name ?? "") < property.name,
  );
  const next = inOrder && isSorted ? properties.find((each) => each.name > name) : undefined;
  const put = (at: number, added: string): string => text.slice(0, at) + added + text.slice(at);
  const [first] = properties;
  const last = properties.at(-1);
  if (first === undefined || last === undefined) {
    const end = object.offset + object.length;
    const indent =
      /^[ \t]*/.exec(text.slice(text.lastIndexOf("\n", object.offset - 1) + 1))?.[0] ?? "";
    return `${text.slice(0, object.offset)}{${eol}${indent}${step}${member}${eol}${indent}}${text.slice(end)}`;
  }
  // The separator between members equals the text between the brace and the first one.
  const space = text.slice(object.offset + 1, first.node.offset);
  const separator = `,${space.trim() === "" && space !== "" ? space : " "}`;
  return next === undefined
    ? put(last.node.offset + last.node.length, separator + member)
    : put(next.node.offset, member + separator);
}
