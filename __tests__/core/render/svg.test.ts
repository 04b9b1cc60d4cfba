import { xml2js } from "xml-js";
import { hierarchySvg } from "../../../src/core/render/svg";
import { finding, hierarchy, hostileJobs, job, notebook, runs } from "./support";

interface Element {
  readonly name?: string;
  readonly type: string;
  readonly text?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly elements?: readonly Element[];
}

/** Every element of an SVG. @throws {Error} if it is not XML */
function elementsOf(svg: string): Element[] {
  const open = [...((xml2js(svg) as Element).elements ?? [])];
  for (const element of open) open.push(...(element.elements ?? []));
  return open;
}

const ofClass = (elements: readonly Element[], name: string): Element[] =>
  elements.filter(({ attributes }) => attributes?.class?.split(" ").includes(name));

const JOBS = [
  job("setup", [runs("tables"), runs("seed", { dependsOn: ["run_tables"] })]),
  job("tables", [notebook("load", "src/setup_tables.py")]),
  job("seed", [notebook("load", "src/seed.py")]),
];

describe("hierarchySvg", () => {
  test("draws jobs by level in each other, arrows, and what the policy finds", () => {
    const svg = hierarchySvg(hierarchy(JOBS, { findings: [finding(JOBS.slice(1, 2))] }));
    const elements = elementsOf(svg);
    expect(ofClass(elements, "composite")).toHaveLength(1);
    expect(ofClass(elements, "atomic")).toHaveLength(2);
    expect(ofClass(elements, "line")).toHaveLength(1);
    const [wanting, ...others] = ofClass(elements, "error").filter(({ name }) => name === "g");
    expect(others).toEqual([]);
    expect(JSON.stringify(wanting)).toContain("✖ 1");
    expect(JSON.stringify(wanting)).toContain("notebook-in-one-job: notebook-in-one-job says no");
    expect(svg).toContain("setup_tables.py");
  });

  test("is the same each time, and refers to nothing outside of it", () => {
    const svg = hierarchySvg(hierarchy(JOBS));
    expect(hierarchySvg(hierarchy(JOBS))).toBe(svg);
    expect(svg.replace('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(
      /https?:|url\((?!#)|href/,
    );
  });

  test.each(["jobs", "tasks"] as const)("holds nothing but text of hostile %s", (level) => {
    const { jobs, findings } = hostileJobs();
    const svg = hierarchySvg(hierarchy(jobs, { findings }), { level });
    const names = new Set(elementsOf(svg).map(({ name }) => name));
    names.delete(undefined);
    expect([...names].sort()).toEqual([
      "defs",
      "g",
      "marker",
      "path",
      "rect",
      "style",
      "svg",
      "text",
      "title",
    ]);
    // eslint-disable-next-line no-control-regex -- none may be there
    expect(svg).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u202a-\u202e\u2066-\u2069]/);
    expect(svg).not.toMatch(/<[a-z]+[^>]* on[a-z]+=/);
  });

  test("draws an environment without jobs", () => {
    expect(elementsOf(hierarchySvg(hierarchy([])))).not.toHaveLength(0);
  });
});
