import { describe, expect, it } from "@jest/globals";
import stringWidth from "string-width";
import fc from "fast-check";
import type { JobRunNode, RunStatus, TaskRunNode } from "../../../src/core/model/run-tree";
import { formatDuration, formatElapsed } from "../../../src/core/report/duration";
import { junitXml } from "../../../src/core/report/junit";
import { RunChanges } from "../../../src/core/report/run-changes";
import { failuresJson } from "../../../src/core/report/run-json";
import { failureLines, textLines } from "../../../src/core/report/run-failures";
import { logLines } from "../../../src/core/report/run-logs";
import { fit, treeLines, visibleWidth } from "../../../src/core/report/run-tree";
import { PLAIN, styleOf } from "../../../src/core/report/style";

const ENDED = ["SUCCESS", "FAILED", "CANCELED", "UPSTREAM_FAILED", "EXCLUDED"];
const status = (state: string, message = ""): RunStatus => ({
  phase: ENDED.includes(state)
    ? "ended"
    : ["BLOCKED", "QUEUED"].includes(state)
      ? "waiting"
      : "active",
  state,
  message,
});

let nextId = 1;
const task = (taskKey: string, state: string, more: Partial<TaskRunNode> = {}): TaskRunNode => ({
  taskKey,
  runId: nextId++,
  dependsOn: [],
  status: status(state),
  retries: 0,
  ...(status(state).phase !== "waiting" && { startTime: 1000 }),
  ...(status(state).phase === "ended" && { endTime: 4200 }),
  ...more,
});
const run = (state: string, tasks: TaskRunNode[], more: Partial<JobRunNode> = {}): JobRunNode => ({
  runId: nextId++,
  jobId: 7,
  name: "[dev] Setup",
  key: "setup_job",
  status: status(state),
  startTime: 1000,
  ...(status(state).phase === "ended" && { endTime: 66_000 }),
  tasks,
  ...more,
});
const lines = (...args: Parameters<typeof treeLines>): string[] =>
  treeLines(...args).map((line) => line.replace(/run \d+/g, "run N"));

describe("formatDuration", () => {
  it.each([
    [0, "0.0 s", "0 s"],
    [-5, "0.0 s", "0 s"],
    [1234, "1.2 s", "1 s"],
    [59_960, "1 min 00 s", "59 s"],
    [65_000, "1 min 05 s", "1 min 05 s"],
    [3_600_000, "1 h 00 min", "1 h 00 min"],
    [108_000_000, "30 h 00 min", "30 h 00 min"],
  ])("%i ms are %s", (milliseconds, whole, elapsed) => {
    expect(formatDuration(milliseconds)).toBe(whole);
    expect(formatElapsed(milliseconds)).toBe(elapsed);
  });
});

describe("treeLines", () => {
  it("shows the state and details of every task", () => {
    const child = run("RUNNING", [task("load", "RUNNING", { retries: 2 })], { key: "load_job" });
    const tree = run("RUNNING", [
      task("first", "SUCCESS", { output: { result: "5 rows\nmore" } }),
      task("load", "RUNNING", { child }),
      task("each", "RUNNING", { iterations: { total: 9, active: 1, succeeded: 2, failed: 1 } }),
      task("queued", "QUEUED", { status: status("QUEUED", "the job is busy") }),
      task("last", "BLOCKED"),
    ]);
    const usual = new Map([
      ["", 60_000],
      ["load", 7000],
    ]);
    expect(lines(tree, { now: 5000, usual })).toEqual([
      "● setup_job   RUNNING  4 s of about 1 min 00 s  [dev] Setup  run N",
      '├─ ✔ first    SUCCESS                    3.2 s  "5 rows"…  run N',
      "├─ ● load     RUNNING         4 s of about 7 s  → load_job  run N",
      "│  └─ ● load  RUNNING                      4 s  retry 2  run N",
      "├─ ● each     RUNNING                      4 s  3/9 iterations, 1 failed  run N",
      "├─ ○ queued   QUEUED                            the job is busy  run N",
      "└─ ○ last     BLOCKED                           run N",
    ]);
  });

  it("draws alike tasks together where there is no room, and keeps what failed", () => {
    const many = Array.from({ length: 1000 }, (_, at) =>
      task(
        `t${at}`,
        at === 500 ? "FAILED" : at < 700 ? "SUCCESS" : at < 703 ? "RUNNING" : "BLOCKED",
      ),
    );
    expect(lines(run("RUNNING", many), { now: 5000, height: 10 })).toEqual([
      "● setup_job           RUNNING    4 s  [dev] Setup  run N",
      "├─ ✖ t500             FAILED   3.2 s  run N",
      "├─ ● t700             RUNNING    4 s  run N",
      "├─ ● t701             RUNNING    4 s  run N",
      "├─ ● t702             RUNNING    4 s  run N",
      "├─ ✔ … 699 succeeded",
      "└─ ○ … 297 waiting",
    ]);
    const busy = Array.from({ length: 1000 }, (_, at) => task(`t${at}`, "RUNNING"));
    expect(lines(run("RUNNING", busy), { now: 5000, height: 5 })).toEqual([
      "● setup_job              RUNNING  4 s  [dev] Setup  run N",
      "├─ ● t0                  RUNNING  4 s  run N",
      "├─ ● t1                  RUNNING  4 s  run N",
      "├─ ● t2                  RUNNING  4 s  run N",
      "└─ ● … 997 more running",
    ]);
    const different = Array.from({ length: 30 }, (_, at) => task(`t${at}`, "FAILED"));
    const cut = lines(run("FAILED", different), { now: 0, height: 5 });
    expect(cut).toHaveLength(5);
    expect(cut.at(-1)).toBe("… 27 more lines");
  });

  it("never exceeds the available columns and lines, even with hostile names", () => {
    const style = styleOf({ color: true, unicode: true });
    const text = fc.string({ unit: "grapheme", maxLength: 60 });
    fc.assert(
      fc.property(
        text,
        text,
        text,
        fc.integer({ min: 20, max: 120 }),
        fc.integer({ min: 1, max: 12 }),
        (name, key, result, width, height) => {
          const url = `http://127.0.0.1/#job/${key}`;
          const tree = run(
            "RUNNING",
            [
              task(key, "SUCCESS", { output: { result }, url }),
              task("b", "FAILED", { child: run("FAILED", [task(key, "FAILED")], { name, url }) }),
            ],
            { name, url },
          );
          const drawn = treeLines(tree, { now: 5000, style, width, height });
          expect(drawn.length).toBeLessThanOrEqual(height);
          for (const line of drawn) {
            // Colours and links of our own, and nothing else that a terminal would act on.
            // eslint-disable-next-line no-control-regex -- finding them is the point
            const bare = line.replaceAll(/\u001b\[[0-9;]*m|\u001b\]8;;[^\u001b]*\u001b\\/gu, "");
            expect(bare).not.toMatch(/\p{Cc}/u);
            expect(stringWidth(bare)).toBeLessThanOrEqual(Math.max(width, 20 + 14));
          }
        },
      ),
    );
  });

  it("links only valid URLs", () => {
    const style = styleOf({ color: true, unicode: true });
    expect(style.link("run 1", "https://x.cloud.databricks.com/#job/1")).toBe(
      "\u001b]8;;https://x.cloud.databricks.com/#job/1\u001b\\run 1\u001b]8;;\u001b\\",
    );
    for (const url of [
      "javascript:alert(1)",
      "http://x/\u001b[2J",
      "http://x/\n",
      "http://x/ü",
      undefined,
    ])
      expect(style.link("run 1", url)).toBe("run 1");
    expect(PLAIN.link("run 1", "https://x")).toBe("run 1");
  });
});

describe("fit", () => {
  it.each([
    ["short", 10, "short"],
    ["exactly ten", 11, "exactly ten"],
    ["much too long", 6, "much …"],
    ["日本語のテスト", 7, "日本語…"],
    ["👩‍👩‍👧 family", 4, "👩‍👩‍👧 …"],
  ])("%j in %i columns", (text, width, expected) => {
    expect(fit(text, width)).toBe(expected);
    expect(visibleWidth(fit(text, width))).toBeLessThanOrEqual(width);
  });

  it("closes colours and links where it cuts", () => {
    const { bad, link } = styleOf({ color: true, unicode: true });
    expect(fit(bad("too long"), 5)).toBe("\u001b[31mtoo \u001b[0m…");
    expect(fit(link("too long", "https://x"), 5)).toBe(
      "\u001b]8;;https://x\u001b\\too \u001b]8;;\u001b\\…",
    );
  });
});

describe("failureLines", () => {
  it("shows the end of a long trace, and does not report canceled tasks as failures", () => {
    const errorTrace = Array.from({ length: 40 }, (_, at) => `line ${at}`).join("\n");
    const broken = run("FAILED", [
      task("load", "FAILED", {
        output: { error: "boom", errorTrace },
        notebookPath: "/load",
        url: "https://x/1",
      }),
      task("next", "UPSTREAM_FAILED", { dependsOn: ["load"] }),
      task("clean_up", "UPSTREAM_FAILED", { dependsOn: ["next"] }),
      task("other", "SUCCESS"),
    ]);
    const told = failureLines(broken);
    expect(told.slice(1, 5)).toEqual([
      "✖ load  FAILED after 3.2 s",
      `    job       setup_job (run ${broken.runId})`,
      "    notebook  /load",
      "    link      https://x/1",
    ]);
    expect(told[5]).toBe("    …");
    expect(told.slice(-3)).toEqual([
      "    line 39",
      "    boom",
      "    did not run because of it: next, clean_up",
    ]);
    expect(failureLines(run("CANCELED", [task("load", "CANCELED")]))).toEqual([]);
  });
});

describe("textLines", () => {
  it.each([
    ["a\r\nb\n\n", ["a", "b"]],
    ["", []],
    ["a\tb", ["a\tb"]],
    ["\u001b[31mred", ["\\u001b[31mred"]],
    ["::error file=x::pwned", ["\\u003a:error file=x::pwned"]],
    ["  ::set-output name=x::y", ["  \\u003a:set-output name=x::y"]],
    ["##[error]pwned", ["\\u0023#[error]pwned"]],
    ["## a title", ["## a title"]],
    ["a::b", ["a::b"]],
  ])("%j", (text, expected) => {
    expect(textLines(text)).toEqual(expected);
  });
});

describe("RunChanges", () => {
  it("reports each change once, nested runs first", () => {
    const changes = new RunChanges();
    const said = (tree: JobRunNode): string[] =>
      changes
        .since(tree)
        .map(({ kind, path, node }) => `${kind} ${path.join("/")} ${node.status.state}`);
    const child = (state: string): JobRunNode =>
      run(state, [{ ...task("in", state), runId: 3 }], { runId: 2 });
    const tree = (state: string, inner: string): JobRunNode =>
      run(state, [{ ...task("out", inner, { child: child(inner) }), runId: 5 }], { runId: 1 });
    expect(said(run("RUNNING", [{ ...task("out", "BLOCKED"), runId: 5 }], { runId: 1 }))).toEqual([
      "started  RUNNING",
    ]);
    expect(said(tree("RUNNING", "RUNNING"))).toEqual([
      "started out RUNNING",
      "started out/in RUNNING",
    ]);
    expect(said(tree("RUNNING", "RUNNING"))).toEqual([]);
    expect(said(tree("FAILED", "FAILED"))).toEqual([
      "ended out/in FAILED",
      "ended out FAILED",
      "ended  FAILED",
    ]);
    expect(said(tree("FAILED", "FAILED"))).toEqual([]);
  });

  it("reports another attempt", () => {
    const changes = new RunChanges();
    changes.since(run("RUNNING", [{ ...task("a", "RUNNING"), runId: 5 }], { runId: 1 }));
    const [retried] = changes.since(
      run("RUNNING", [{ ...task("a", "RUNNING", { retries: 1 }), runId: 6 }], { runId: 1 }),
    );
    expect(retried).toMatchObject({ kind: "retried", path: ["a"], node: { retries: 1 } });
  });
});

describe("junitXml", () => {
  it("escapes any text", () => {
    const xml = junitXml("dev", [
      {
        name: "a<b",
        group: "atomic",
        outcome: "failed",
        durationMs: 1500,
        reason: ["x ]]> \u001b[2J", "more"],
      },
      { name: "c", group: "composite", outcome: "skipped", durationMs: 0 },
    ]);
    expect(xml).toContain('<testsuite name="dev" tests="2" failures="1" errors="0" skipped="1">');
    expect(xml).toContain('<testcase name="a&lt;b" classname="dev.atomic" time="1.5">');
    expect(xml).toContain("<skipped/>");
    expect(xml).not.toContain("\u001b");
  });
});

describe("a run that failed before it had tasks", () => {
  it("is reported with what the workspace says of it", () => {
    const reason = "Cannot check out the branch main";
    const failed = run("FAILED", [], { status: status("FAILED", reason) });
    expect(failureLines(failed)).toEqual([
      "",
      expect.stringContaining("setup_job  FAILED"),
      `    ${reason}`,
    ]);
    expect(failuresJson(failed)).toEqual([
      expect.objectContaining({ path: [], run_id: failed.runId, state: "FAILED", error: reason }),
    ]);
    expect(logLines(failed, 0)).toEqual([
      expect.stringMatching(/^setup_job \(run \d+\): FAILED$/),
      `  ${reason}`,
    ]);
    const above = run("FAILED", [task("setup", "FAILED", { child: failed })]);
    expect(failureLines(above)).toContain(`    ${reason}`);
    expect(failuresJson(above)).toEqual([
      expect.objectContaining({ path: ["setup"], error: reason }),
    ]);
  });

  it("says nothing twice where a task failed", () => {
    const failed = run("FAILED", [task("setup", "FAILED")], {
      status: status("FAILED", "Task setup failed"),
    });
    expect(failureLines(failed).join("\n")).not.toContain("Task setup failed");
    expect(logLines(failed, 0).join("\n")).not.toContain("Task setup failed");
  });
});
