import { afterAll, afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NODE_TS, ROOT } from "../../e2e/support/processes";
import { RunWorkspace, stopAll } from "../../run/workspace";
import { TestTerminal } from "../../support/terminal";

const folder = mkdtempSync(join(tmpdir(), "jobstrata-tree-"));
let workspace: RunWorkspace;
let terminal: TestTerminal | undefined;

beforeEach(async () => {
  workspace = await RunWorkspace.open();
});
afterEach(() => {
  terminal?.kill();
  terminal = undefined;
});
afterAll(async () => {
  await stopAll();
  rmSync(folder, { recursive: true });
});

function run(args: readonly string[], columns = 100, rows = 24): TestTerminal {
  const command = [...NODE_TS, join(ROOT, "src", "cli", "bin.ts"), "run", ...args];
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    LANG: "en_US.UTF-8",
    DATABRICKS_HOST: workspace.host,
    DATABRICKS_TOKEN: workspace.token,
  };
  return (terminal = new TestTerminal(command, { cwd: folder, env, columns, rows }));
}

/** What is seen, without numbers that are different each time. */
const seen = ({ screen }: TestTerminal): string[] =>
  screen
    .filter((line) => line !== "")
    .map((line) => line.replace(/run \d+/g, "run N").replace(/ \d+(\.\d)? s/g, "   # s"));

describe("the live tree", () => {
  it("updates every task in place and keeps the final tree", async () => {
    const { setup } = await workspace.setup();
    workspace.gates.hold("tables").hold("seed");
    const shown = run(["--job-id", String(setup)]);
    await shown.shows(/● only +RUNNING/);
    expect(seen(shown)).toEqual([
      "● setup       RUNNING    # s  run N",
      "├─ ● tables   RUNNING    # s  → tables  run N",
      "│  └─ ● only  RUNNING    # s  run N",
      "├─ ○ seed     BLOCKED       run N",
      "├─ ○ sync     BLOCKED       run N",
      "└─ ○ deploy   BLOCKED       run N",
    ]);
    // The time goes on, though nothing else changes.
    await shown.shows(/● setup +RUNNING +1 s/);
    workspace.gates.release("tables");
    await shown.shows(/✔ sync +SUCCESS/);
    expect(seen(shown).filter((line) => line.includes("tables"))).toEqual([
      expect.stringMatching(/^├─ ✔ tables +SUCCESS/),
    ]);
    workspace.gates.release("seed");
    expect(await shown.ended()).toBe(0);
    const lines = shown.all.map((line) =>
      line.replace(/run \d+/g, "run N").replace(/ \d+(\.\d)? s/g, " # s"),
    );
    // Once, whatever was drawn before.
    expect(lines.filter((line) => line.includes("setup"))).toHaveLength(1);
    expect(lines).toContain('│  └─ ✔ only  SUCCESS  # s  "done"  run N');
    expect(lines.at(-1)).toMatch(/^SUCCESS in # s {2}http:\/\/127\.0\.0\.1/);
    // Colours, links, and the cursor, which is there again.
    expect(shown.written).toContain("\u001b[32m✔\u001b[39m");
    expect(shown.written.replaceAll("\u001b", "ESC")).toMatch(
      /ESC\]8;;http:\/\/127\.0\.0\.1:\d+\/#job\/\d+\/run\/\d+ESC\\run \d+ESC\]8;;ESC\\/,
    );
    expect(shown.written.lastIndexOf("\u001b[?25h")).toBeGreaterThan(
      shown.written.lastIndexOf("\u001b[?25l"),
    );
  });

  it("fits into the terminal, also when that changes its size", async () => {
    const { setup } = await workspace.setup();
    const name = "a job with quite a long name ".repeat(3);
    workspace.gates.hold(name);
    const top = await workspace.composite("platform", {
      alerting: [setup],
      long: [await workspace.atomic(name), "alerting"],
    });
    const shown = run(["--job-id", String(top)], 100, 30);
    await shown.shows(/● only +RUNNING/);
    expect(shown.screen.some((line) => line.includes("a job with quite a long name"))).toBe(true);
    shown.resize(44, 30);
    await shown.shows(/…$/m);
    await shown.shows(/● platform +RUNNING/);
    // Each line in one row, and the tree once.
    expect(shown.screen.filter((line) => line.includes("platform"))).toHaveLength(1);
    expect(shown.screen.filter((line) => line.startsWith("├─ ✔ alerting"))).toHaveLength(1);
    shown.resize(100, 8);
    await shown.shows(/● platform +RUNNING[^]*● only +RUNNING/);
    // What has succeeded steps back.
    expect(shown.screen.filter((line) => line !== "").length).toBeLessThanOrEqual(7);
    expect(shown.screen.some((line) => line.includes("deploy"))).toBe(false);
    workspace.gates.release(name);
    expect(await shown.ended()).toBe(0);
  });

  it("cancels at Ctrl-C, waits for the end, and says so", async () => {
    const { setup } = await workspace.setup();
    workspace.gates.hold("seed");
    await workspace.faults({
      requests: [{ match: "POST */cancel", fault: "latency", milliseconds: 700 }],
    });
    const shown = run(["--job-id", String(setup)]);
    await shown.shows(/● only +RUNNING/);
    shown.type("\u0003");
    await shown.shows(/Canceling, and waiting for the end; Ctrl-C again exits at once/);
    expect(await shown.ended()).toBe(130);
    expect(shown.all.join("\n")).toMatch(/✖ seed +CANCELED/);
    expect(shown.all.join("\n")).toMatch(/– deploy +CANCELED/);
    expect((await workspace.client.ok("GET", "/local/status")).active_runs).toBe(0);
  });

  it("exits at the second Ctrl-C and restores the cursor", async () => {
    workspace.gates.hold("slow");
    const job = await workspace.atomic("slow");
    await workspace.faults({
      requests: [{ match: "POST */cancel", fault: "latency", milliseconds: 5000 }],
    });
    const shown = run(["--job-id", String(job)]);
    await shown.shows(/● only +RUNNING/);
    shown.type("\u0003");
    await shown.shows(/Canceling/);
    shown.type("\u0003");
    expect(await shown.ended()).toBe(130);
    expect(shown.all.at(-1)).toMatch(
      /^Run \d+ continues\. Watch it: npx jobstrata run --watch \d+$/,
    );
    expect(shown.written.lastIndexOf("\u001b[?25h")).toBeGreaterThan(
      shown.written.lastIndexOf("\u001b[?25l"),
    );
  });

  it("reports that the workspace does not respond, and continues when it does", async () => {
    workspace.gates.hold("slow");
    const shown = run(["--job-id", String(await workspace.atomic("slow"))]);
    await shown.shows(/● only +RUNNING/);
    await workspace.faults({
      requests: [
        { match: "GET *", fault: 403, times: 0 },
        { match: "GET *", fault: 500 },
      ],
    });
    await shown.shows(/The workspace has not responded.*; the run continues/);
    await workspace.faults();
    workspace.gates.release("slow");
    expect(await shown.ended()).toBe(0);
    expect(shown.all.join("\n")).not.toContain("has not responded");
  });

  it("says how long it usually takes", async () => {
    const job = await workspace.atomic("slow");
    workspace.gates.hold("slow");
    const runId = await workspace.client.runNow(job);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    workspace.gates.release("slow");
    await workspace.client.finished(runId);
    workspace.gates.hold("slow");
    const shown = run(["--job-id", String(job)]);
    await shown.shows(/● slow +RUNNING +\d+ s of about \d+ s/);
    workspace.gates.release("slow");
    expect(await shown.ended()).toBe(0);
  });
});
