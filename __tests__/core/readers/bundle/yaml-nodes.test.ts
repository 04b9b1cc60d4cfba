import fc from "fast-check";
import { parseDocument, stringify } from "yaml";
import { nodesOf } from "../../../../src/core/readers/bundle/yaml-document";
import { parseNodes, type YamlNode } from "../../../../src/core/readers/bundle/yaml-nodes";
import { Places, readYamlFile } from "../../../../src/core/readers/bundle/yaml-file";

const fast = (text: string): unknown => placed(parseNodes(text)?.root);
const slow = (text: string): unknown =>
  placed(nodesOf(parseDocument(text, { uniqueKeys: false, logLevel: "error" })));

/** Where texts after `|` begin nobody asks. */
function placed(node: YamlNode | undefined): unknown {
  if (node?.kind === "list") return { ...node, items: node.items.map(placed) };
  if (node?.kind === "map")
    return { ...node, pairs: node.pairs.map(({ key, value }) => ({ key, value: placed(value) })) };
  return { ...node, start: undefined };
}

test.each([
  ["quoted keys and values", "\"a b\": 'it''s'\n'c': \"d\\te\"\n"],
  ["plain values", "a: yes\nb: true\nc: ~\nd:\ne: 017\nf: 1_000\ng: -.5\nh: 1e3\ni: .inf\n"],
  ["integers that no number holds", "a: 8795899427664681785\nb: -8795899427664681785\n"],
  ["lists at the indentation of their key", "a:\n- b: 1\n  c: 2\n-\n- - d\n  - e\n"],
  ["flow collections", "a: {b: [c, {d: e}], 'f': \"g\"}\nh: [\n    i,\n    j: k\n  ]\n"],
  ["text over several lines", "a: |\n  b\n   c\nd: >-\n  e\n  f\n\n  g\nh: i\n  j\n"],
  ["anchors, aliases and merge keys", "a: &x {b: 1}\nc: *x\nd:\n  <<: *x\n  e: &y\n    - f\n"],
  ["tags", "a: !!str 1\nb: !!int '2'\nc: !own d\n"],
  ["a list or map as a key", "{{job.id}}: 1\n? [a]\n: 2\n"],
  ["comments, empty lines and a document's start", "# a\n---\n\nb: c # d\n\n# e\nf: '#g'\n"],
  ["CRLF", "a: b\r\nc:\r\n  - d\r\n"],
])("both parsers give the same nodes: %s", (_, text) => {
  expect(fast(text)).toEqual(slow(text));
});

test.each([
  ["several documents", "a: 1\n---\nb: 2\n"],
  ["an empty key", "a: 1\n: b\n"],
  ["a bracket closed at the indentation of its key", "a:\n  b: [\n    c,\n  ]\n"],
  ["a tab as indentation", "a:\n\tb: 1\n"],
  ["a value that holds a colon", "a: b: c\n"],
])("leaves to the parser of documents: %s", (_, text) => {
  expect(parseNodes(text)).toBeUndefined();
});

test("a bracket closed at the indentation of its key is read, as by the Databricks CLI", () => {
  const { value, problems } = readYamlFile("a.yml", new Places(), "a:\n  b: [\n    c,\n  ]\n");
  expect(problems).toEqual([]);
  expect(JSON.stringify(value)).toBe('{"a":{"b":["c"]}}');
});

test("both parsers give the same nodes for values of any shape, in any layout", () => {
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.oneof(
        fc.string({ unit: "grapheme" }),
        fc.constantFrom("- a", "b: c", "# d", "<<", "no", "0x1f", "1_0", "|", "%e", "${var.f}"),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.double({ noNaN: true }),
      ),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(fc.stringMatching(/^[a-z_]{1,12}$/), tie("value"), { maxKeys: 4 }),
    ),
  }));
  const layout = fc.record({
    indent: fc.constantFrom(2, 4),
    indentSeq: fc.boolean(),
    collectionStyle: fc.constantFrom("any" as const, "flow" as const, "block" as const),
    defaultStringType: fc.constantFrom(
      "PLAIN" as const,
      "QUOTE_DOUBLE" as const,
      "QUOTE_SINGLE" as const,
    ),
    lineWidth: fc.constantFrom(0, 20, 80),
  });
  fc.assert(
    fc.property(value, layout, (written, options) => {
      const text = stringify(written, options);
      // The Databricks CLI takes brackets where YAML forbids them; then the slow parser reads.
      if (parseNodes(text) !== undefined) expect(fast(text)).toEqual(slow(text));
    }),
  );
});
