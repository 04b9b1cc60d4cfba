import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Ended, jobstrata, ROOT, run } from "./support/processes";
import { providerBinaryEnv } from "./support/provider-binary";
import { describeWithTerraform } from "./support/terraform";

describeWithTerraform("an app that init and add have made", () => {
  const parent = realpathSync(mkdtempSync(join(tmpdir(), "jobstrata-start-")));
  const folder = join(parent, "alerting");
  const env = { ...process.env, ...providerBinaryEnv(parent) };
  const inFolder = (...args: string[]): Promise<Ended> =>
    run(jobstrata(...args), { cwd: folder, env });

  beforeAll(() => {
    mkdirSync(folder);
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  });
  afterAll(() => {
    rmSync(parent, { recursive: true });
  });

  it("is deployed into the local workspace and runs there at once", async () => {
    expect((await inFolder("init", "--yes", "--layer", "alerting")).code).toBe(0);
    expect((await inFolder("add", "job", "seed_alerts")).code).toBe(0);
    expect((await inFolder("add", "composite", "setup")).code).toBe(0);

    const ended = await inFolder(
      ...["local", "try", "alerting-dev-*", "--run", "setup_job", "--executor", "simulated"],
      "--ephemeral",
    );

    expect(ended.text).toMatch(/alerting-dev-atomic +4 added/);
    expect(ended.text).toMatch(/alerting-dev-composite +2 added/);
    expect(ended.text).toMatch(/✔ seed_alerts +SUCCESS/);
    expect(ended.code).toBe(0);
  });
});
