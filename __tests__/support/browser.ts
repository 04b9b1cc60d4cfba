import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { HANGS_MS } from "./hangs";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** A browser of this machine, if there is one. */
function browserBinary(): string | undefined {
  const { CHROMIUM, PATH = "" } = process.env;
  if (CHROMIUM !== undefined) return CHROMIUM;
  return PATH.split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
    .find((file) => existsSync(file));
}

/** Like `describe`, and skipped with a reason where there is no browser. */
export function describeInBrowser(title: string, body: () => void): void {
  if (browserBinary() === undefined)
    describe.skip(`${title} (skipped: no Chromium on the PATH, nor in CHROMIUM)`, body);
  else describe(title, body);
}

/** Starts the browser. */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = browserBinary();
  if (executablePath === undefined) throw new Error("There is no browser.");
  return chromium.launch({
    executablePath,
    // Chromium has no sandbox for root, which is who runs tests in containers.
    chromiumSandbox: process.getuid?.() !== 0,
  });
}

/** A page in a context of its own; what it waits for has time. */
export async function openPage(browser: Browser, options?: BrowserContextOptions): Promise<Page> {
  const page = await browser.newPage(options);
  page.setDefaultTimeout(HANGS_MS);
  return page;
}

/** What went wrong in a page: scripts that failed, and whatever its policy did not let happen. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  return complaints;
}

const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds wanting in a page, one line a rule. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    interface Axe {
      run(): Promise<{ violations: { id: string; nodes: { target: unknown[] }[] }[] }>;
    }
    const { violations } = await (globalThis as unknown as { axe: Axe }).axe.run();
    return violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`,
    );
  });
}
