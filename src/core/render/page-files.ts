import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type * as Esbuild from "esbuild";
import { PAGE_STYLE } from "./page/page-style";

/** Names of the pages, which are entry points in `page/`. */
export const PAGE_NAMES = ["hierarchy-page", "workspace-page"] as const;
export type PageName = (typeof PAGE_NAMES)[number];

/** Third-party notices of a script, required by the licences in every copy. */
const NOTICE =
  "/*! With Preact (c) 2015-present Jason Miller, MIT; d3-zoom and what it needs of d3 (c) 2010-2021 Mike Bostock, ISC; " +
  "eventsource-parser (c) Espen Hovlandsdal, MIT */";

const bundles = new Map<PageName, string>();

/** The bundled script of a page. */
export function pageScript(name: PageName): string {
  let script = bundles.get(name);
  if (script === undefined) bundles.set(name, (script = readScript(name)));
  return script;
}

export const pageStyle = (): string => PAGE_STYLE;

/** Files of the local workspace's page, served as `/`, `/page.js` and `/page.css`. */
export function pageFiles(): {
  readonly html: string;
  readonly script: string;
  readonly style: string;
} {
  const html = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Local workspace</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/page.css">
</head>
<body>
<noscript>This page shows jobs and runs with JavaScript.</noscript>
<script src="/page.js"></script>
</body>
</html>
`;
  return { html, script: pageScript("workspace-page"), style: pageStyle() };
}

/** Bundles the sources in a checkout. The published package contains the bundle. */
function readScript(name: PageName): string {
  const source = join(__dirname, "page", `${name}.tsx`);
  if (!existsSync(source)) return readFileSync(join(__dirname, "page", `${name}.min.js`), "utf8");
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- not there in the package
  const { buildSync } = require("esbuild") as typeof Esbuild;
  const { outputFiles } = buildSync({ ...PAGE_OPTIONS, entryPoints: [source] });
  return outputFiles[0]?.text ?? "";
}

/** Bundler options: one script for browsers of recent years. */
export const PAGE_OPTIONS = {
  bundle: true,
  minify: true,
  write: false,
  format: "iife",
  target: "es2022",
  charset: "ascii",
  legalComments: "none",
  banner: { js: NOTICE },
  jsx: "automatic",
  jsxImportSource: "preact",
} as const satisfies Esbuild.BuildOptions;

/** The hash of a script or style for a Content-Security-Policy. */
export function contentHash(content: string): string {
  return `'sha256-${createHash("sha256").update(content).digest("base64")}'`;
}
