import type { Browser, Page } from "playwright-core";
import { workspacePage } from "../../src/cli/local/page-content";
import type { TaskExecutor } from "../../src/local";
import { LOCAL_WAREHOUSE_ID } from "../../src/core/model/markers";
import { newCode } from "../local/page-support";
import { type Client, notebookTask, NOTEBOOK, startClient, stopAll } from "../local/support";
import {
  accessibilityProblems,
  complaintsOf,
  describeInBrowser,
  launchBrowser,
  openPage,
} from "../support/browser";

const HOSTILE = `<img src=x onerror="alert(1)"> \u202E`;

/** Tasks that begin with "slow" wait until they are let go; those that begin with "bad" fail once. */
class Gate implements TaskExecutor {
  readonly #open: (() => void)[] = [];
  readonly #failed = new Set<string>();

  public async execute(
    { taskKey, jobRunId }: { readonly taskKey: string; readonly jobRunId: number },
    signal: AbortSignal,
  ): ReturnType<TaskExecutor["execute"]> {
    if (taskKey.startsWith("slow")) {
      await new Promise<void>((resolve, reject) => {
        this.#open.push(resolve);
        signal.addEventListener("abort", () => {
          reject(new Error("aborted"));
        });
      });
    }
    if (taskKey.startsWith("bad") && !this.#failed.has(taskKey)) {
      this.#failed.add(taskKey);
      return {
        succeeded: false,
        error: `no ${HOSTILE} here`,
        errorTrace: "line 7",
        logs: `printed in run ${jobRunId}`,
      };
    }
    return { succeeded: true, result: `done ${HOSTILE}`, logs: "" };
  }

  public query: NonNullable<TaskExecutor["query"]> = (_request, onAnswer) => {
    onAnswer({ columns: [{ name: "cost", type: "double" }], rows: [[6000]], truncated: false });
    return Promise.resolve();
  };

  public letGo(): void {
    for (const open of this.#open.splice(0)) open();
  }
}

describeInBrowser("the page of the local workspace", () => {
  let browser: Browser;
  let client: Client;
  let gate: Gate;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  beforeEach(async () => {
    gate = new Gate();
    client = await startClient({ executor: gate, page: workspacePage });
    await client.putNotebook(NOTEBOOK);
  });
  afterEach(async () => {
    await page.close();
    await stopAll();
  });
  afterAll(() => browser.close());

  async function open(width = 1200, scheme: "light" | "dark" = "light"): Promise<void> {
    page = await openPage(browser, { viewport: { width, height: 760 }, colorScheme: scheme });
    complaints = complaintsOf(page);
    await page.goto(`${client.workspace.host}/#code=${await newCode(client.workspace)}`);
    await page.getByRole("navigation", { name: "Views" }).waitFor();
  }

  it("shows the alerts, and follows what they come to", async () => {
    await client.ok("POST", "/api/2.0/alerts", {
      display_name: `COST-001 ${HOSTILE}`,
      query_text: "SELECT 6000 AS cost",
      warehouse_id: LOCAL_WAREHOUSE_ID,
      evaluation: {
        comparison_operator: "GREATER_THAN",
        source: { name: "cost" },
        threshold: { value: { double_value: 5000 } },
      },
      schedule: { quartz_cron_schedule: "0 0 8 * * ?", timezone_id: "UTC" },
    });
    await open();
    await page.getByRole("link", { name: "Alerts" }).click();
    await page.getByRole("row", { name: /COST-001.*cost > 5000/ }).waitFor();
    await page.getByText("0 of 1 triggered").waitFor();
    await client.ok("POST", "/local/alerts/evaluate", {});
    await page.getByRole("row", { name: /TRIGGERED.*COST-001.*6000/ }).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  const job = (name: string, tasks: object[], tags = { job_level: "atomic" }): Promise<number> =>
    client.createJob({ name: `[dev] ${name}`, tasks, tags });
  const runJob = (task_key: string, job_id: number, after: string[] = []): object => ({
    task_key,
    run_job_task: { job_id },
    depends_on: after.map((key) => ({ task_key: key })),
  });
  /** A composite of two jobs. */
  async function hierarchy(first: string, second: string): Promise<number> {
    const tables = await job("Tables", [notebookTask(first)]);
    const seed = await job("Seed", [notebookTask(second)]);
    const tasks = [runJob("tables", tables), runJob("seed", seed, ["tables"])];
    return job("Setup", tasks, { job_level: "composite" });
  }
  const row = (key: string) => page.getByRole("row").filter({ hasText: key });

  test("needs a link, which works once", async () => {
    const link = `${client.workspace.host}/#code=${await newCode(client.workspace)}`;
    page = await openPage(browser);
    await page.goto(client.workspace.host);
    await page.getByText("npx jobstrata local open").waitFor();
    await page.goto("about:blank");
    await page.goto(link);
    await page.getByRole("navigation", { name: "Views" }).waitFor();
    expect(page.url()).toBe(`${client.workspace.host}/`);
    await page.reload();
    await page.getByRole("navigation", { name: "Views" }).waitFor();

    const stranger = await openPage(browser);
    await stranger.goto(link);
    await stranger.getByText("npx jobstrata local open").first().waitFor();
    await stranger.close();
  });

  test("opens the address of a run, as clients print it, once it is logged in", async () => {
    const tables = await job("Tables", [notebookTask("load")]);
    const { run_id, run_page_url } = await client.finished(await client.runNow(tables));
    await client.finished(await client.runNow(tables));
    // As the databricks command prints it; SDKs and Airflow show the one that the workspace answers with.
    const path = `/jobs/${tables}/runs/${run_id}?w=1000000000`;
    page = await openPage(browser);
    complaints = complaintsOf(page);
    for (const address of [path, new URL(run_page_url).href.slice(client.workspace.host.length)]) {
      await page.goto(client.workspace.host + address);
      await page.getByText(/npx jobstrata local open/).waitFor();
      await page.goto("about:blank");
    }
    await page.goto(`${client.workspace.host}${path}#code=${await newCode(client.workspace)}`);
    await page.getByRole("region", { name: `Run ${run_id}` }).waitFor();
    await row("load").getByText("SUCCESS").waitFor();
    for (const address of [path, `/#job/${tables}/run/${run_id}`]) {
      await page.goto("about:blank");
      await page.goto(client.workspace.host + address);
      await page.getByRole("region", { name: `Run ${run_id}` }).waitFor();
    }
    await page.goto("about:blank");
    await page.goto(`${client.workspace.host}/jobs/${tables}?o=1000000000`);
    await page
      .getByRole("heading", { name: /Tables/ })
      .first()
      .waitFor();
    expect(complaints).toEqual([]);
  });

  test("opens a run of a task, also by the link of a login, and asks for the same place without one", async () => {
    const tables = await job("Tables", [notebookTask("load"), notebookTask("bad_seed")]);
    const { run_id } = await client.finished(await client.runNow(tables));
    const { tasks } = await client.ok("GET", `/api/2.2/jobs/runs/get?run_id=${run_id}`);
    const [, task] = tasks as { run_id: number; task_key: string }[];
    await open();
    await page.goto("about:blank");
    await page.goto(
      `${client.workspace.host}/#code=${await newCode(client.workspace)}#/runs/${task?.run_id}`,
    );
    await page.getByRole("region", { name: `Task ${task?.task_key}` }).waitFor();
    expect(new URL(page.url()).hash).toBe(`#/runs/${task?.run_id}`);
    await page.evaluate(() => {
      sessionStorage.clear();
    });
    await page.reload();
    await page.getByText(`npx jobstrata local open '#/runs/${task?.run_id}'`).waitFor();
    expect(complaints).toEqual([]);
  });

  test("filters runs, and shows the last ones of a job in its box and as a strip of links", async () => {
    const tables = await client.createJob({
      name: "[dev] Tables",
      tags: { job_level: "atomic" },
      tasks: [notebookTask("load")],
      schedule: { quartz_cron_expression: "0 0 8 * * ?", timezone_id: "UTC" },
    });
    const seeds = await job("Seeds", [notebookTask("bad_seed")]);
    for (const id of [tables, seeds, tables]) await client.finished(await client.runNow(id));
    await open();
    await page.getByRole("link", { name: "Runs" }).click();
    const runs = page.getByRole("list", { name: "Runs, newest first" }).getByRole("listitem");
    await runs.nth(2).waitFor();
    await page.getByLabel("State").selectOption("failed");
    await page.getByText("1 run", { exact: true }).waitFor();
    expect(await runs.allTextContents()).toEqual([
      expect.stringMatching(/Seeds.*FAILED.*(ago|now)/),
    ]);
    await page.getByLabel("State").selectOption("");
    await page.getByRole("searchbox", { name: "Job" }).fill("tables");
    await page.getByText("2 runs", { exact: true }).waitFor();
    const { run_id: next } = await client.finished(await client.runNow(tables));
    await page.getByText("3 runs", { exact: true }).waitFor();
    expect(await runs.first().textContent()).toContain(`run ${next}`);
    await runs.first().getByRole("button").click();
    // A run of one task opens with its output.
    await page.getByRole("region", { name: "Task load" }).waitFor();
    // The address keeps the filters.
    await page.getByLabel("Started").selectOption("last day");
    await page.reload();
    await page.getByRole("region", { name: "Task load" }).waitFor();
    await page.getByText("3 runs", { exact: true }).waitFor();
    expect(new URL(page.url()).hash).toBe(`#/runs/${next}?since=day&name=tables`);
    expect(await page.getByRole("searchbox", { name: "Job" }).inputValue()).toBe("tables");
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByRole("link", { name: "Jobs" }).click();
    const box = page.getByRole("treeitem", {
      name: /^Tables.*last 3 runs, 0 failed.* s.*next in /,
    });
    await box.waitFor();
    expect(await box.locator(".bars .good").count()).toBe(3);
    const other = page.getByRole("treeitem", { name: /^Seeds.*last 1 run, 1 failed/ });
    expect(await other.locator(".bars .bad").count()).toBe(1);
    await box.click();
    const strip = page.getByRole("list", { name: "Last runs, oldest first" });
    await strip.getByRole("link").nth(1).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await strip.getByRole("link").first().click();
    await page.getByRole("region", { name: /^Run \d/ }).waitFor();
    expect(complaints).toEqual([]);
  });

  test("runs a job, shows it live with what it runs, and cancels it", async () => {
    await hierarchy("load", "slow_seed");
    await open();
    await page.getByRole("treeitem", { name: /^Setup/ }).click();
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await row("slow_seed").getByText("RUNNING").waitFor();
    expect(await row("load").getByText("SUCCESS").count()).toBe(1);
    const head = page.getByRole("region", { name: /^Run \d/ });
    await head.getByText(/^run \d+, .*, \d+ s$/).waitFor();
    await page.getByRole("button", { name: "Cancel", exact: true }).click();
    await row("slow_seed").getByText("CANCELED").waitFor();
    await page
      .getByRole("region", { name: /^Run \d/ })
      .getByText("CANCELED")
      .first()
      .waitFor();
    await page.getByRole("button", { name: "Cancel", exact: true }).waitFor({ state: "detached" });
    await head.getByRole("link", { name: /Setup/ }).click();
    await page.getByRole("complementary", { name: "Job" }).waitFor();
    expect(complaints).toEqual([]);
  });

  test("shows the error, trace and output of what failed, repairs it, and follows the repair to its end", async () => {
    const setup = await hierarchy("load", "bad_seed");
    await open();
    await client.finished(await client.runNow(setup));
    await page.getByRole("link", { name: "Runs" }).click();
    await page.getByRole("listitem").first().getByRole("button").click();
    const task = page.getByRole("region", { name: "Task bad_seed" });
    await task.getByText('no <img src=x onerror="alert(1)"> \\u202e here').waitFor();
    await task.getByText("line 7").waitFor();
    await task.getByText(/printed in run \d+/).waitFor();
    await page.getByRole("button", { name: "Repair" }).click();
    await page
      .getByRole("region", { name: /^Run \d/ })
      .getByText("SUCCESS")
      .first()
      .waitFor();
    await row("bad_seed").getByText("SUCCESS").waitFor();
    await row("bad_seed").getByRole("button").click();
    await page.getByText('done <img src=x onerror="alert(1)"> \\u202e').waitFor();
    expect(await page.locator("img").count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  test("shows new jobs and runs while it is open", async () => {
    await open();
    await page.getByText("There is no job yet").waitFor();
    const id = await job(`Tables ${HOSTILE}`, [notebookTask("slow_load")]);
    await page.getByRole("treeitem", { name: "Tables <img src=x" }).waitFor();
    const run = await client.runNow(id);
    await page.locator(".state .active").waitFor();
    gate.letGo();
    await page.locator(".state .good").waitFor();
    await page.goto(`${client.workspace.host}/#job/${id}/run/${run}`);
    await row("slow_load").getByText("SUCCESS").waitFor();
    expect(complaints).toEqual([]);
  });

  test("keeps the position of the drawing when jobs are deployed", async () => {
    await hierarchy("load", "seed");
    await open();
    await page.getByRole("treeitem", { name: /^Setup/ }).click();
    await page.getByRole("button", { name: "Collapse all" }).click();
    await page.getByRole("treeitem", { name: /^Tables/ }).waitFor({ state: "detached" });
    await job("Other", [notebookTask("other")]);
    await page.getByRole("treeitem", { name: /^Other/ }).waitFor();
    expect(await page.getByRole("treeitem", { name: /^Tables/ }).count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  test("shows the runs of one job, and those of all again", async () => {
    const setup = await hierarchy("load", "seed");
    await client.finished(await client.runNow(setup));
    await open();
    await page.getByRole("treeitem", { name: /^Tables/ }).click();
    await page.getByRole("link", { name: "Its runs" }).click();
    await page.getByText("1 run of [dev] Tables").waitFor();
    const list = page.getByRole("list", { name: "Runs, newest first" });
    expect(await list.getByText("[dev] Setup").count()).toBe(0);
    await page.getByRole("button", { name: "all jobs" }).click();
    await list.getByText("[dev] Setup").waitFor();
    expect(await list.getByText("[dev] Tables").count()).toBe(0);
  });

  test("reports a lost connection, and reconnects", async () => {
    await open();
    const { port } = client.workspace;
    await stopAll();
    await page.getByText("Not connected").waitFor();
    client = await startClient({ executor: gate, page: workspacePage, port });
    // A new workspace knows nobody: the old login is worth nothing there.
    await page.getByText("npx jobstrata local open").waitFor();
  });

  test("shows 10 000 runs in a list that can be scrolled to its end", async () => {
    const id = await job("Tables", [notebookTask("load")]);
    let latest = 0;
    for (let at = 0; at < 100; at++)
      for (const run of await Promise.all(
        Array.from({ length: 100 }, () => client.runNow(id, { queue: { enabled: true } })),
      ))
        latest = Math.max(latest, run);
    await open();
    await page.getByRole("link", { name: "Runs" }).click();
    const list = page.getByRole("list", { name: "Runs, newest first" });
    await list.getByText(`run ${latest} `).waitFor();
    for (
      let count = 0;
      (await page.getByText("10000 runs").count()) === 0 && count < 200;
      count++
    ) {
      await list.evaluate((element) => {
        element.scrollTop = element.scrollHeight;
      });
      await page.waitForTimeout(30);
    }
    await page.getByText("10000 runs").waitFor();
    await list.evaluate((element) => {
      element.scrollTop = element.scrollHeight;
    });
    await list.locator('[aria-posinset="10000"]').waitFor();
    expect(await list.getByRole("listitem").count()).toBeLessThan(60);
    await list.locator('[aria-posinset="10000"]').getByRole("button").click();
    await list.locator('[aria-posinset="10000"] [aria-current="true"]').waitFor();
    // The browser reports a new address later than a key that is held down repeats itself.
    await list.evaluate(async (element) => {
      for (let count = 0; count < 2; count++) {
        const focused = element.ownerDocument.activeElement;
        focused?.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowUp", bubbles: true }));
        for (let rest = 0; rest < 10; rest++) await Promise.resolve();
      }
    });
    await list.locator('[aria-posinset="9998"] [aria-current="true"]:focus').waitFor();
    expect(complaints).toEqual([]);
  });

  test.each([
    ["light", 1200],
    ["dark", 390],
  ] as const)("can be used by everybody: %s, %i pixels wide", async (scheme, width) => {
    const setup = await hierarchy("load", "bad_seed");
    await client.finished(await client.runNow(setup));
    await open(width, scheme);
    await page.getByRole("treeitem", { name: /^Setup/ }).click();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByRole("link", { name: "Its runs" }).click();
    await page.getByRole("listitem").first().getByRole("button").click();
    await page.getByRole("region", { name: "Task bad_seed" }).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    const overflow = await page.evaluate(
      () => window.document.documentElement.scrollWidth - window.innerWidth,
    );
    expect(overflow).toBeLessThanOrEqual(0);
  });
});
