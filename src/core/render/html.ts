import { type HierarchyDocument } from "./document";
import { contentHash, pageScript, pageStyle } from "./page-files";

/** Data of the hierarchy page. */
export interface HierarchyPageData {
  /** One document for each environment. */
  readonly documents: readonly HierarchyDocument[];
  /** Initial level of detail. */
  readonly level: "jobs" | "tasks";
}

/** The hierarchies as one HTML file. Its content security policy forbids network requests. */
export function hierarchyHtml(data: HierarchyPageData): string {
  const script = pageScript("hierarchy-page");
  const style = pageStyle();
  const policy = `default-src 'none'; script-src ${contentHash(script)}; style-src ${contentHash(style)}; base-uri 'none'; form-action 'none'`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Jobs</title>
<style>${style}</style>
</head>
<body>
<noscript>This page draws its jobs with JavaScript.</noscript>
<script type="application/json" id="hierarchies">${inJson(data)}</script>
<script>${script}</script>
</body>
</html>
`;
}

/** JSON that cannot end the enclosing script element. */
const inJson = (value: unknown): string => JSON.stringify(value).replaceAll("<", "\\u003c");
