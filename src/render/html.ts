import { type HierarchyDocument } from "./document";
import { contentHash, pageScript, pageStyle } from "./page-files";

/**
 * The hierarchies as one HTML file, which asks the network for nothing: not even what is in it could.
 *
 * @param documents of one environment or more
 */
export function hierarchyHtml(documents: readonly HierarchyDocument[]): string {
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
<script type="application/json" id="hierarchies">${inJson(documents)}</script>
<script>${script}</script>
</body>
</html>
`;
}

/** JSON that no HTML parser takes for the end of its script. */
const inJson = (value: unknown): string => JSON.stringify(value).replaceAll("<", "\\u003c");
