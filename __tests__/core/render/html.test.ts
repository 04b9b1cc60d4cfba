import { createHash } from "node:crypto";
import { hierarchyDocument } from "../../../src/core/render/document";
import { hierarchyHtml, type HierarchyPageData } from "../../../src/core/render/html";
import { hierarchy, hostileJobs } from "./support";

const { jobs, findings } = hostileJobs();
const document = hierarchyDocument(hierarchy(jobs, { findings }));
const html = hierarchyHtml({ documents: [document], level: "tasks" });

/** What stands between the tags of the only element that begins so. */
function contentOf(start: string, end: string): string {
  const parts = html.split(start);
  expect(parts).toHaveLength(2);
  return parts[1]?.split(end)[0] ?? "";
}

const hashOf = (text: string): string =>
  `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

describe("hierarchyHtml", () => {
  test("allows only its own script and style", () => {
    const policy = contentOf('http-equiv="Content-Security-Policy" content="', '"');
    expect(policy).toBe(
      `default-src 'none'; script-src ${hashOf(contentOf("<script>", "</script>"))}; style-src ${hashOf(contentOf("<style>", "</style>"))}; base-uri 'none'; form-action 'none'`,
    );
  });

  test("ends its elements where it means to", () => {
    const script = contentOf("<script>", "\n</body>");
    expect(script.endsWith("</script>")).toBe(true);
    expect(/<\/script|<!--/i.test(script.slice(0, -"</script>".length))).toBe(false);
    expect(contentOf("<style>", "</style>").includes("<")).toBe(false);
  });

  test("holds the hierarchies unchanged, including hostile text", () => {
    const data = contentOf('<script type="application/json" id="hierarchies">', "</script>");
    expect(data.includes("<")).toBe(false);
    expect(JSON.parse(data) as HierarchyPageData).toEqual(
      JSON.parse(JSON.stringify({ documents: [document], level: "tasks" })),
    );
  });

  test("refers to nothing outside of it", () => {
    const own = hierarchyHtml({ documents: [], level: "jobs" });
    for (const reference of [
      /<(?:link|img|iframe|object|embed|base)\b/i,
      /\bsrc=|@import/,
      /url\((?!#)/,
    ])
      expect(reference.test(own)).toBe(false);
  });
});
