/**
 * Measures `jobstrata graph` on bundles of many jobs, in each format: whole processes, from compiled JavaScript. And the HTML
 * page in a browser: from asking for the file until a job can be clicked, and until a search has found one.
 */
import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { launchBrowser } from "../__tests__/support/browser";
import { writeBundle } from "./check";
import { type Cost, costOfCommand, median, medianCost } from "./figures";

export const GRAPH_FORMATS = ["json", "tree", "mermaid", "dot", "svg", "html"] as const;

/** One size of bundle. */
export interface GraphRow {
  /** Atomic jobs; there is a composite job for every five. */
  readonly jobs: number;
  readonly costs: Readonly<
    Record<(typeof GRAPH_FORMATS)[number], Cost & { readonly bytes: number }>
  >;
  /** Milliseconds; undefined without a browser. */
  readonly page?: { readonly interactiveMs: number; readonly searchMs: number };
}

/**
 * @param work folder that holds the compiled project in `js`
 * @param runs how often each runs; the median counts
 */
export async function measureGraph(
  work: string,
  sizes: readonly number[],
  runs: number,
): Promise<GraphRow[]> {
  const js = join(work, "js");
  const rows: GraphRow[] = [];
  for (const jobs of sizes) {
    const bundle = join(work, "graph");
    rmSync(bundle, { recursive: true, force: true });
    writeBundle(bundle, jobs);
    const cost = (format: string): Cost & { bytes: number } => {
      const file = join(work, `graph.${format}`);
      const command = ["graph", bundle, "--format", format, "--output", file];
      const costs = Array.from({ length: runs }, () => costOfCommand(js, command));
      return {
        ...medianCost(costs),
        bytes: statSync(file).size,
      };
    };
    const costs = Object.fromEntries(
      GRAPH_FORMATS.map((format) => [format, cost(format)]),
    ) as GraphRow["costs"];
    const page = await measurePage(join(work, "graph.html"), jobs, runs);
    rows.push({ jobs, costs, ...(page && { page }) });
  }
  return rows;
}

async function measurePage(file: string, jobs: number, runs: number): Promise<GraphRow["page"]> {
  const browser = await launchBrowser().catch(() => undefined);
  if (browser === undefined) return undefined;
  try {
    const times: { interactive: number; search: number }[] = [];
    for (let run = 0; run < runs; run++) {
      const page = await browser.newPage({ viewport: { width: 1200, height: 760 } });
      let before = performance.now();
      await page.goto(pathToFileURL(file).href, { waitUntil: "commit" });
      await page.getByRole("treeitem").first().click();
      await page.getByRole("complementary").waitFor();
      const interactive = performance.now() - before;
      before = performance.now();
      await page.getByRole("searchbox").fill(`table_${jobs - 1}_job`);
      await page.getByText(`1 of ${jobs + jobs / 5} jobs`).waitFor();
      times.push({ interactive, search: performance.now() - before });
      await page.close();
    }
    return {
      interactiveMs: median(times.map(({ interactive }) => interactive)),
      searchMs: median(times.map(({ search }) => search)),
    };
  } finally {
    await browser.close();
  }
}
