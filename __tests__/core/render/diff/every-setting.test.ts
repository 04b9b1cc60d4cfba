import * as fc from "fast-check";
import { JobGraph } from "../../../../src/core/model/job-graph";
import {
  JOB_SCHEMA,
  type ListShape,
  type ObjectShape,
  type Shape,
} from "../../../../src/core/model/job-schema";
import type { JobSpec } from "../../../../src/core/model/job-spec";
import { canonical } from "../../../../src/core/model/settings";
import { readJobPayload } from "../../../../src/core/readers/payload/job-payload";
import { diffJson } from "../../../../src/core/render/diff/diff-json";
import { diffText } from "../../../../src/core/render/diff/diff-text";
import {
  diffHierarchies,
  type HierarchyDiff,
} from "../../../../src/core/render/diff/hierarchy-diff";
import { UnknownJobs } from "../../../../src/core/render/hierarchy";

type Json = Record<string, unknown>;

/** A job as a reader of the Jobs API makes it. */
function jobOf(raw: Json): JobSpec {
  const { payload, settings } = readJobPayload(
    raw,
    {
      notebook: (path) => ({ identity: path, label: path }),
      job: (id) => ({ kind: "opaque", expression: String(id) }),
    },
    "api",
  );
  return {
    ...payload,
    id: "job",
    key: "job",
    stack: "stack",
    duplicates: [],
    hasPermissions: true,
    settings: settings(),
  };
}

function diffOf(before: Json, after: Json): HierarchyDiff {
  const diff = diffHierarchies(
    new JobGraph("dev", [jobOf(before)]),
    new JobGraph("dev", [jobOf(after)]),
  );
  if (diff instanceof UnknownJobs) throw new Error(diff.names.join());
  return diff;
}

const isEqual = (before: Json, after: Json): boolean =>
  canonical(jobOf(before).settings) === canonical(jobOf(after).settings);

const shownOf = (diff: HierarchyDiff): string =>
  diffText([diff], { since: "HEAD" }) +
  diffJson([diff], { from: { kind: "a", path: "a" }, to: { kind: "a", path: "a" } });

/** Every setting of the schema that is no block itself, by its path. */
function leavesOf(shape: Shape, path: readonly string[] = []): [readonly string[], Shape][] {
  const of = shape.kind === "list" ? shape.of : shape;
  if (of.kind !== "object") return [[path, shape]];
  return Object.entries(of.fields).flatMap(([name, field]) => leavesOf(field, [...path, name]));
}

/** The job that has a value at a path, and what is needed around it. */
function jobWith(path: readonly string[], value: unknown): Json {
  const build = (shape: Shape | undefined, [name, ...deeper]: readonly string[]): unknown => {
    if (name === undefined) return value;
    const of = shape?.kind === "list" ? shape.of : shape;
    if (of?.kind !== "object") throw new Error(`${path.join(".")} leads nowhere`);
    const block: Json =
      shape?.kind === "list" && shape.key !== undefined ? { [shape.key]: "one" } : {};
    const inner = build(of.fields[name], deeper);
    if (inner !== undefined) block[name] = inner;
    // Without its key nobody knows whose outcome it is.
    if (path.includes("depends_on")) block.task_key ??= "one";
    return shape?.kind === "list" ? [block] : block;
  };
  return build(JOB_SCHEMA, path) as Json;
}

/** Two values of a shape, and how the second one is to be recognized. */
function valuesOf(shape: Shape): readonly [unknown, unknown, RegExp] {
  switch (shape.kind) {
    case "number":
      return [41, 4242, /4242/];
    case "boolean":
      return [false, true, /true|false/];
    case "map":
      return [{ a: "old" }, { a: "NEW42" }, /NEW42/];
    case "strings":
      return [["old"], ["old", "NEW42"], /NEW42/];
    case "any":
      return [{ a: { b: "old" } }, { a: { b: "NEW42" } }, /NEW42/];
    default:
      return ["old", "NEW42", /NEW42/i];
  }
}

describe("a change of any setting", () => {
  const leaves = leavesOf(JOB_SCHEMA);

  test("is reported with the new value", () => {
    const untold: string[] = [];
    for (const [path, shape] of leaves) {
      const [old, now, expected] = valuesOf(shape);
      const name = path.join(".");
      const changed = jobWith(path, now);
      for (const before of [jobWith(path, old), jobWith(path, undefined)]) {
        const diff = diffOf(before, changed);
        const text = shownOf(diff);
        const isShown =
          "isSecret" in shape
            ? text.includes("(sensitive)") && !text.includes("NEW42")
            : expected.test(text);
        const isSame = isEqual(before, changed);
        if (isSame ? diff.jobs.length > 0 : diff.jobs.length === 0 || !isShown) untold.push(name);
      }
      // What is left out may be the same as one value, but no value is the same as another.
      if (isEqual(jobWith(path, old), changed)) untold.push(`${name} is not read`);
      if (diffOf(changed, changed).jobs.length > 0) untold.push(`${name} is not itself`);
    }
    expect(untold).toEqual([]);
    expect(leaves.length).toBeGreaterThan(800);
  });

  const word = fc.constantFrom("a", "b", "true", "10", "${var.x}", "NEW42");
  const valueOf = (shape: Shape, depth: number): fc.Arbitrary<unknown> => {
    switch (shape.kind) {
      case "string":
        return word;
      case "number":
        return fc.constantFrom(0, 1, 2, "3", "${var.n}");
      case "boolean":
        return fc.boolean();
      case "map":
        return fc.dictionary(word, word, { maxKeys: 2 });
      case "strings":
        return fc.array(word, { maxLength: 3 });
      case "any":
        return fc.jsonValue({ maxDepth: 2 });
      case "list":
        return listOf(shape, depth);
      case "object":
        return blockOf(shape, depth);
    }
  };
  const listOf = (shape: ListShape, depth: number): fc.Arbitrary<unknown> =>
    fc.array(
      blockOf(shape.of, depth).chain((block) =>
        shape.key === undefined
          ? fc.constant(block)
          : word.map((key) => ({ ...(block as Json), [String(shape.key)]: key })),
      ),
      { maxLength: 2 },
    );
  const blockOf = ({ fields }: ObjectShape, depth: number): fc.Arbitrary<unknown> =>
    fc
      .uniqueArray(fc.constantFrom(...Object.keys(fields)), { maxLength: depth > 0 ? 4 : 1 })
      .chain((names) =>
        fc.record(
          Object.fromEntries(
            names.flatMap((name) => {
              const field = fields[name];
              return field === undefined ? [] : [[name, valueOf(field, depth - 1)]];
            }),
          ),
        ),
      );
  const anyJob = fc
    .tuple(blockOf(JOB_SCHEMA, 4), valueOf({ kind: "list", of: JOB_SCHEMA }, 0))
    .chain(([job]) =>
      fc
        .option(valueOf(JOB_SCHEMA.fields.tasks ?? JOB_SCHEMA, 4), { nil: undefined })
        .map((tasks) => (tasks === undefined ? (job as Json) : { ...(job as Json), tasks })),
    );

  test("is reported for any two jobs, unless both are equal", () => {
    fc.assert(
      fc.property(anyJob, anyJob, fc.boolean(), (one, other, isOne) => {
        // Two jobs that have most in common say more than two that have nothing.
        const after = isOne ? { ...one, ...other } : other;
        expect(diffOf(one, after).jobs.length === 0).toBe(isEqual(one, after));
        expect(diffOf(one, one).jobs).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test("is reported for fields that no schema knows", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), fc.jsonValue({ maxDepth: 3 }), (one, other) => {
        const of = (value: unknown): Json => ({
          new_setting: value,
          schedule: value,
          tasks: [{ task_key: "t", quantum_task: value, depends_on: value, notebook_task: value }],
        });
        expect(diffOf(of(one), of(other)).jobs.length === 0).toBe(isEqual(of(one), of(other)));
      }),
      { numRuns: 200, examples: [[[], null]] },
    );
  });
});
