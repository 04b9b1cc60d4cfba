import { type HierarchyDocument } from "./document";
import { contentHash, pageScript, pageStyle } from "./page-files";

/** What is in the page of hierarchies. */
export interface HierarchyPageData {
  /** Of one environment or more. */
  readonly documents: readonly HierarchyDocument[];
  /** What is shown at first: jobs alone, or their tasks too. */
  readonly level: "jobs" | "tasks";
}

/** The hierarchies as one HTML file that makes no network requests; its policy does not allow any. */
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

/** JSON that no HTML parser takes for the end of its script. */
const inJson = (value: unknown): string => JSON.stringify(value).replaceAll("<", "\\u003c");
