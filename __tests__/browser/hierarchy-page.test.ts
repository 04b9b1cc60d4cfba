import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import type { CheckedFinding } from "../../src/core/model/check-report";
import type { JobSpec } from "../../src/core/model/job-spec";
import { hierarchyDocument } from "../../src/core/render/document";
import { hierarchyHtml } from "../../src/core/render/html";
import { finding, hierarchy, hostileJobs, job, notebook, runs } from "../core/render/support";
import {
  accessibilityProblems,
  complaintsOf,
  describeInBrowser,
  launchBrowser,
  openPage,
} from "../support/browser";

const SETUP = job(
  "alerting_setup_orchestrator_job",
  [
    runs("alerting_tables_job"),
    runs("alerting_seed_job", { dependsOn: ["run_alerting_tables_job"] }),
  ],
  { name: "[dev] Alerting Setup" },
);
const TABLES = job(
  "alerting_tables_job",
  [notebook("setup_tables", "src/setup_alerting_tables.py", { parameters: { catalog: "main" } })],
  {
    description: "Creates the tables",
    tags: { job_level: "atomic", layer: "alerting", purpose: "setup" },
    parameters: [{ name: "gold_schema", default: "gold" }],
    triggers: [{ kind: "schedule", detail: "0 0 6 * * ? (UTC)", paused: true }],
    source: { file: "resources/tables.yml", line: 4 },
  },
);
const SEED = job("alerting_seed_job", [notebook("seed", "src/seed_all_alerts.py")]);

/** So many composites of five atomic jobs each. */
function manyJobs(composites: number): JobSpec[] {
  return Array.from({ length: composites }, (_, at) => at).flatMap((at) => [
    job(
      `load_${at}_job`,
      [0, 1, 2, 3, 4].map((place) => runs(`table_${at * 5 + place}_job`)),
    ),
    ...[0, 1, 2, 3, 4].map((place) =>
      job(`table_${at * 5 + place}_job`, [notebook("load", `src/table_${at * 5 + place}.py`)]),
    ),
  ]);
}

describeInBrowser("the HTML page of a hierarchy", () => {
  let browser: Browser;
  let folder: string;
  let complaints: string[];
  const pages: Page[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "jobstrata-page-"));
    browser = await launchBrowser();
  });
  afterEach(async () => {
    await Promise.all(pages.splice(0).map((page) => page.close()));
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  async function open(
    environments: Readonly<Record<string, readonly JobSpec[]>>,
    options: {
      level?: "jobs" | "tasks";
      width?: number;
      dark?: boolean;
      findings?: CheckedFinding[];
      hash?: string;
    } = {},
  ): Promise<Page> {
    const { level = "jobs", width = 1200, dark = false, findings = [], hash = "" } = options;
    const documents = Object.entries(environments).map(([environment, jobs]) => ({
      ...hierarchyDocument(hierarchy(jobs, { findings })),
      environment,
    }));
    const file = join(folder, `${pages.length}.html`);
    writeFileSync(file, hierarchyHtml({ documents, level }));
    const page = await openPage(browser, {
      viewport: { width, height: 760 },
      colorScheme: dark ? "dark" : "light",
    });
    pages.push(page);
    complaints = complaintsOf(page);
    await page.goto(pathToFileURL(file).href + hash);
    await page.getByRole("treeitem").first().waitFor();
    return page;
  }

  const items = async (page: Page): Promise<string[]> =>
    page.getByRole("treeitem").locator(".key").allTextContents();
  /** Waits until the keyboard is at a job. */
  const isAt = async (page: Page, key: string): Promise<void> => {
    await page.locator('[role="treeitem"]:focus', { hasText: key }).waitFor();
  };

  test("shows a job's tags, notebook, parameters, schedule and findings when it is clicked", async () => {
    const page = await open({ dev: [SETUP, TABLES, SEED] }, { findings: [finding([TABLES])] });
    expect(await items(page)).toEqual([SETUP.key, TABLES.key, SEED.key]);
    await page.getByRole("treeitem", { name: TABLES.key }).click();
    const details = page.getByRole("complementary", { name: "Job" });
    for (const text of [
      "Creates the tables",
      "src/setup_alerting_tables.py",
      "catalog",
      "gold_schema",
      "0 0 6 * * ? (UTC)",
      "paused",
      "purpose",
      "resources/tables.yml:4",
      "notebook-in-one-job",
      "fix it",
    ])
      expect(await details.getByText(text).count()).toBeGreaterThan(0);
    await details.getByRole("button", { name: SETUP.key }).click();
    await page.getByRole("heading", { name: SETUP.key }).waitFor();
    expect(decodeURIComponent(new URL(page.url()).hash)).toBe(`#${SETUP.id}`);
    await page.keyboard.press("Escape");
    await isAt(page, SETUP.key);
    expect(await details.count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  test("is opened at the job in its address, with tasks if that is asked for", async () => {
    const page = await open(
      { dev: [SETUP, TABLES] },
      { hash: `#${encodeURIComponent(TABLES.id)}` },
    );
    await page.getByRole("heading", { name: TABLES.key }).waitFor();
  });

  test("opens and closes a composite, with the mouse and with the keyboard", async () => {
    const page = await open({ dev: manyJobs(20) });
    await page.getByRole("button", { name: "Collapse all" }).click();
    expect(await items(page)).not.toContain("table_0_job");
    await page.getByRole("treeitem", { name: "load_0_job" }).locator(".toggle").click();
    expect(await items(page)).toContain("table_4_job");
    const first = page.getByRole("treeitem", { name: "load_0_job" });
    expect(await first.getAttribute("aria-expanded")).toBe("true");

    await first.focus();
    await page.keyboard.press("ArrowRight");
    await isAt(page, "table_0_job");
    await page.keyboard.press("ArrowDown");
    await isAt(page, "table_1_job");
    await page.keyboard.press("ArrowUp");
    await isAt(page, "table_0_job");
    await page.keyboard.press("ArrowLeft");
    await isAt(page, "load_0_job");
    await page.keyboard.press("ArrowLeft");
    expect(await items(page)).not.toContain("table_0_job");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "load_0_job" }).waitFor();
    expect(complaints).toEqual([]);
  });

  test("finds jobs by key, notebook or tag, expands their parents, and scrolls to them", async () => {
    const page = await open({ dev: manyJobs(200) });
    await page.keyboard.press("/");
    await page.keyboard.type("SRC/TABLE_777.py");
    await page.getByText("1 of 1200 jobs").waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "table_777_job" }).waitFor();
    const box = await page.getByRole("treeitem", { name: "table_777_job" }).boundingBox();
    expect(box?.x).toBeGreaterThan(0);
    expect((box?.y ?? 9999) + (box?.height ?? 0)).toBeLessThan(760);
    await page.keyboard.press("Escape");
    await page.getByText("1200 jobs").waitFor();
    expect(complaints).toEqual([]);
  });

  test("lists the findings, each with the jobs that have a part in it", async () => {
    const page = await open(
      { dev: [SETUP, TABLES, SEED] },
      { findings: [finding([TABLES, SEED])] },
    );
    await page.getByRole("button", { name: "1 error" }).click();
    const list = page.getByRole("complementary", { name: "Findings of the policy" });
    expect(await list.getByText("notebook-in-one-job says no").count()).toBe(1);
    await list.getByRole("button", { name: SEED.key }).click();
    await page.getByRole("heading", { name: SEED.key }).waitFor();
  });

  test("changes between environments, and between jobs alone and with their tasks", async () => {
    const page = await open({ dev: [SETUP, TABLES, SEED], prod: [SETUP, TABLES] });
    await page.getByLabel("Environment").selectOption("prod");
    await page.getByText("2 jobs").waitFor();
    const tasks = async (): Promise<string[]> => page.locator(".task .key").allTextContents();
    expect(await tasks()).not.toContain("setup_tables");
    await page.getByRole("checkbox", { name: "Tasks" }).check();
    await page.getByRole("button", { name: "Expand all" }).click();
    expect(await tasks()).toContain("setup_tables");
  });

  test("can be dragged, scrolled and zoomed", async () => {
    const page = await open({ dev: manyJobs(20) });
    const place = async (): Promise<{ x: number; y: number; width: number }> =>
      (await page.getByRole("treeitem").first().boundingBox()) ?? { x: 0, y: 0, width: 0 };
    const before = await place();
    await page.mouse.move(700, 500);
    await page.mouse.wheel(0, 40);
    await page.waitForFunction((y) => {
      const item = window.document.querySelector('[role="treeitem"]');
      return item !== null && item.getBoundingClientRect().y < y;
    }, before.y);
    const scrolled = await place();
    expect(Math.round(before.y - scrolled.y)).toBe(40);
    await page.getByRole("button", { name: "Zoom in" }).click();
    expect((await place()).width).toBeGreaterThan(scrolled.width);
    await page.getByRole("button", { name: "Fit" }).click();
    const fitted = await place();
    await page.mouse.move(900, 600);
    await page.mouse.down();
    await page.mouse.move(930, 640, { steps: 3 });
    await page.mouse.up();
    const dragged = await place();
    expect([Math.round(dragged.x - fitted.x), Math.round(dragged.y - fitted.y)]).toEqual([30, 40]);
  });

  test("opens as many boxes as can be read, and Fit closes others", async () => {
    const page = await open({ dev: [SETUP, TABLES, SEED] });
    expect(await items(page)).toEqual([SETUP.key, TABLES.key, SEED.key]);
    const many = await open({ dev: manyJobs(200) });
    expect((await items(many)).filter((key) => key.startsWith("table"))).toEqual([]);
    await many.getByText("composite · 5 jobs").first().waitFor();
    const small = await open({ dev: manyJobs(20) });
    await small.getByRole("button", { name: "Expand all" }).click();
    await small.getByRole("button", { name: "Fit" }).click();
    const heights = await small.locator(".drawing .job text").evaluateAll((texts) =>
      texts.map((text) => {
        const scale = (text as SVGTextElement).getScreenCTM()?.a ?? 0;
        return parseFloat(getComputedStyle(text).fontSize) * scale;
      }),
    );
    expect(Math.min(...heights)).toBeGreaterThan(8.99);
    const drawn = await small.locator(".graph > .drawing").boundingBox();
    for (const item of await small.getByRole("treeitem").all()) {
      const { x = 0, y = 0, width = 0, height = 0 } = (await item.boundingBox()) ?? {};
      expect(x + width).toBeLessThanOrEqual((drawn?.x ?? 0) + (drawn?.width ?? 0));
      expect(y + height).toBeLessThanOrEqual((drawn?.y ?? 0) + (drawn?.height ?? 0));
    }
  });

  test("fits the drawing again when the panel opens or closes, unless somebody has moved it", async () => {
    const page = await open({ dev: [SETUP, TABLES, SEED] }, { width: 1024 });
    const isInside = (): Promise<boolean> =>
      page.evaluate(() => {
        const drawing = window.document.querySelector(".graph > .drawing")?.getBoundingClientRect();
        const last = window.document.querySelector('[role="treeitem"]')?.getBoundingClientRect();
        return (last?.right ?? 9999) <= (drawing?.right ?? 0);
      });
    const place = async () => (await page.getByRole("treeitem").first().boundingBox()) ?? { x: 0 };
    const before = await place();
    await page.getByRole("treeitem", { name: TABLES.key }).click();
    await page.getByRole("complementary").waitFor();
    while (!(await isInside())) await page.waitForTimeout(20);
    expect((await place()).x).toBeLessThan(before.x);
    await page.keyboard.press("Escape");
    while ((await place()).x !== before.x) await page.waitForTimeout(20);
    await page.mouse.move(500, 600);
    await page.mouse.wheel(30, 0);
    while ((await place()).x === before.x) await page.waitForTimeout(20);
    const moved = await place();
    await page.getByRole("treeitem", { name: TABLES.key }).click();
    await page.getByRole("complementary").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("complementary").waitFor({ state: "detached" });
    expect(await place()).toEqual(moved);
  });

  test("shows a list first where there is little room, which opens, closes and selects", async () => {
    const page = await open({ dev: [SETUP, TABLES, SEED] }, { width: 390 });
    expect(await page.locator(".graph > .drawing").count()).toBe(0);
    expect(await items(page)).toEqual([SETUP.key, `1. ${TABLES.key}`, `2. ${SEED.key}`]);
    await page.getByRole("treeitem", { name: SETUP.key }).focus();
    await page.keyboard.press("ArrowDown");
    await isAt(page, TABLES.key);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: TABLES.key }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("treeitem", { name: SETUP.key }).locator(".toggle").click();
    expect(await items(page)).toEqual([SETUP.key]);
    await page.getByRole("button", { name: "List" }).click();
    await page.locator(".graph > .drawing").waitFor();
    expect(complaints).toEqual([]);
  });

  test("lets single-key shortcuts be turned off", async () => {
    const page = await open({ dev: [SETUP, TABLES, SEED] });
    await page.getByRole("button", { name: "List" }).click();
    await page.getByText("Legend").click();
    await page.getByRole("checkbox", { name: "Single-key shortcuts" }).uncheck();
    await page.getByRole("button", { name: "List" }).click();
    await page.getByRole("checkbox", { name: "Single-key shortcuts" }).check();
    await page.getByRole("checkbox", { name: "Single-key shortcuts" }).uncheck();
    await page.getByRole("treeitem", { name: SETUP.key }).focus();
    await page.keyboard.press("/");
    await isAt(page, SETUP.key);
    await page.getByRole("checkbox", { name: "Single-key shortcuts" }).check();
    await page.getByRole("treeitem", { name: SETUP.key }).focus();
    await page.keyboard.press("/");
    await page.locator("input:focus").waitFor();
  });

  test("shows hostile names as text without executing them", async () => {
    const { jobs, findings } = hostileJobs();
    const page = await open({ "<script>alert(1)</script>": jobs, dev: [TABLES] }, { findings });
    const dialogs: string[] = [];
    page.on("dialog", (dialog) => {
      dialogs.push(dialog.message());
      void dialog.dismiss();
    });
    // Selecting one moves others out of sight, which takes them out of the page.
    for (const item of await page.getByRole("treeitem").elementHandles())
      await item.dispatchEvent("click");
    await page.getByRole("button", { name: /errors?/ }).click();
    await page.getByRole("checkbox", { name: "Tasks" }).check();
    await page.getByRole("searchbox").fill("<");
    expect(await page.locator("img, iframe, script:not([id]) ~ script").count()).toBe(0);
    expect(await page.getByRole("treeitem", { name: "<script>alert(1)" }).count()).toBeGreaterThan(
      0,
    );
    // Nothing that reorders a line is left in any text.
    expect(await page.locator("main").innerText()).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
    expect(dialogs).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test.each([
    ["light", 1200],
    ["dark", 1200],
    ["light", 390],
    ["dark", 390],
  ])("can be used by everybody: %s, %i pixels wide", async (scheme, width) => {
    const page = await open(
      { dev: [SETUP, TABLES, SEED], prod: [SEED] },
      {
        findings: [finding([TABLES]), finding([SEED], "retries", "warning")],
        width,
        dark: scheme === "dark",
      },
    );
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByRole("treeitem", { name: TABLES.key }).click();
    await page.getByRole("searchbox").fill("alerting");
    expect(await accessibilityProblems(page)).toEqual([]);
    const overflow = await page.evaluate(
      () => window.document.documentElement.scrollWidth - window.innerWidth,
    );
    expect(overflow).toBeLessThanOrEqual(0);
  });

  test("prints the whole drawing, as wide as the paper", async () => {
    const page = await open({ dev: [SETUP, TABLES, SEED] });
    await page.evaluate(() => {
      window.dispatchEvent(new Event("beforeprint"));
    });
    const svg = page.locator(".graph > .drawing");
    expect(await svg.getAttribute("viewBox")).toMatch(/^0 0 \d+ \d+$/);
    await page.emulateMedia({ media: "print" });
    expect(await page.getByRole("toolbar").isVisible()).toBe(false);
    await page.evaluate(() => {
      window.dispatchEvent(new Event("afterprint"));
    });
    expect(await svg.getAttribute("viewBox")).toBeNull();
  });
});
