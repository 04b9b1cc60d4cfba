import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buildSync } from "esbuild";
import { hierarchyJson } from "../../../src/cli/local/hierarchy-of-jobs";
import { HierarchyThread } from "../../../src/cli/local/hierarchy-thread";
import type { PageJob } from "../../../src/local/page/page-parts";

const HOST = "http://127.0.0.1:8080";
const WORKER = resolve(__dirname, "../../../src/cli/local/hierarchy-worker.ts");

let folder: string;
let program: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "jobstrata-test-"));
  program = join(folder, "worker.js");
  buildSync({
    entryPoints: [WORKER],
    outfile: program,
    bundle: true,
    platform: "node",
    external: ["esbuild"],
  });
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const jobs = (count: number): PageJob[] =>
  Array.from({ length: count }, (_, at) => ({
    job_id: at + 1,
    settings: { name: `Tables ${at}`, tasks: [{ task_key: "a b" }] },
  }));
// eslint-disable-next-line @typescript-eslint/require-await -- the parameter is asynchronous
async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

describe("HierarchyThread", () => {
  it("draws any number of jobs as they are drawn without a thread, one hierarchy after the other", async () => {
    const thread = new HierarchyThread(program);
    const counts = [250, 0, 1];
    const drawn = await Promise.all(counts.map((count) => thread.draw(HOST, each(jobs(count)))));
    expect(drawn).toEqual(counts.map((count) => hierarchyJson(HOST, jobs(count))));
    expect(drawn[2]).toContain("task-key");
  });

  it("reports what fails, and starts another thread", async () => {
    const dead = join(folder, "dead.js");
    writeFileSync(dead, "process.exit(1)");
    const thread = new HierarchyThread(dead);
    for (let attempt = 0; attempt < 2; attempt++)
      await expect(thread.draw(HOST, each(jobs(1)))).rejects.toThrow("has ended");
    const broken = async function* (): AsyncGenerator<PageJob> {
      yield* jobs(1);
      await Promise.reject(new Error("disk full"));
    };
    await expect(new HierarchyThread(program).draw(HOST, broken())).rejects.toThrow("disk full");
  });
});
