import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fakeServer } from "../../run/support";
import { ROOT } from "../../e2e/support/processes";
import { freshFolder } from "../../support/synth";
import { DeployedBundle } from "../drift/support";
import { jobstrata } from "../program-support";

describe("changed, with a workspace as the base", () => {
  let bundle: DeployedBundle;
  beforeAll(async () => {
    process.env.JOBSTRATA_CACHE = freshFolder();
    bundle = await DeployedBundle.start(freshFolder());
  });
  afterAll(async () => {
    await bundle.stop();
    delete process.env.JOBSTRATA_CACHE;
  });

  const changed = (...args: string[]) =>
    jobstrata("changed", "workspace", bundle.folder, "-t", "prod", ...args);

  it("finds what is not deployed, what differs, and what follows", async () => {
    expect((await changed()).out).toContain("3 new, 0 unchanged, since http://");
    const ids = await bundle.deploy("prod");
    expect(await changed()).toEqual({
      code: 0,
      out: expect.stringMatching(/^no job changed \(3 jobs in all\), since http:/) as string,
      err: "the code of jobs in a workspace is not compared, only their settings are\n",
    });
    await bundle.call("POST", "2.2/jobs/update", {
      job_id: ids.get("load"),
      new_settings: { timeout_seconds: 60 },
    });
    const { out } = await changed();
    expect(out).toContain("1 modified, 2 downstream, 0 unchanged");
    expect(out).toContain("~ load atomic\n      timeout_seconds is 60; the code has 3600");
  });

  it("needs an environment, and counts every job as modified where it cannot ask", async () => {
    const several = await jobstrata("changed", "workspace", bundle.folder);
    expect(several).toMatchObject({ code: 2, out: "" });
    expect(several.err).toMatch(/select a target with -t/);
    expect((await changed("-t", "dev")).err).toMatch(/one target .* give --target once/);
    process.env.DATABRICKS_TOKEN = "wrong";
    const { err, out } = await changed();
    expect(out).toContain("3 modified, 0 unchanged");
    expect(err).toMatch(/the base cannot be read: .*every job counts as modified/);
    const live = await jobstrata("changed", "HEAD", bundle.folder, "--local");
    expect(live.err).toMatch(/jobs of a workspace are compared as the base/);
  });

  it("ends at once with 130 and one line at Ctrl-C, though the workspace does not answer", async () => {
    let hear = (): void => undefined;
    const asked = new Promise<void>((resolve) => (hear = resolve));
    const silent = await fakeServer(({ url }, response) => {
      if (url.endsWith("/Me")) response.end('{"userName": "ana@shop.example"}');
      else hear();
    });
    const cache = freshFolder();
    const running = spawn(
      process.execPath,
      [join(ROOT, "src/cli/bin/jobstrata.js"), "changed", "workspace", ".", "-t", "prod"],
      {
        cwd: bundle.folder,
        env: {
          ...process.env,
          DATABRICKS_HOST: silent.host,
          JOBSTRATA_CACHE: cache,
        },
      },
    );
    const ended = once(running, "exit");
    const said = text(running.stderr);
    await asked;
    running.kill("SIGINT");
    expect(await ended).toEqual([130, null]);
    expect(await said).toBe("Stopped; the comparison had not finished\n");
    expect(readdirSync(cache).filter((name) => name.startsWith("drift-"))).toEqual([]);
    await silent.close();
  });
});
