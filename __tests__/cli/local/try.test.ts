import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { tryStacks } from "../../../src/cli/local/try";

/** A CDKTF CLI that says what the genuine one says without a terminal, and deploys until it is told to end. */
const CLI = `
const { existsSync, writeFileSync } = require("node:fs");
process.stderr.write("A newer version of the CDKTF [0.22.0] is available: checkpoint\\n");
for (const frame of "\\u2826\\u2807\\u280b") process.stdout.write(frame + " Synthesizing\\n");
if (process.argv.includes("nope")) {
  console.log("Synthesizing\\n\\nUsage Error: Could not find stack for pattern 'nope'");
  process.exit(1);
}
process.on("SIGINT", () => undefined);
writeFileSync("begun", "");
setInterval(() => existsSync("end") && process.exit(1), 10);
`;

const before = { cwd: process.cwd(), binary: process.env.TERRAFORM_BINARY_NAME };
let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "jobstrata-test-")));
  const cli = join(folder, "node_modules", "cdktf-cli");
  mkdirSync(cli, { recursive: true });
  writeFileSync(join(cli, "package.json"), '{"bin":{"cdktf":"cdktf.js"}}');
  writeFileSync(join(cli, "cdktf.js"), CLI);
  // It is not run: the CLI above does nothing.
  process.env.TERRAFORM_BINARY_NAME = process.execPath;
  process.chdir(folder);
});
afterEach(() => {
  process.chdir(before.cwd);
  if (before.binary === undefined) delete process.env.TERRAFORM_BINARY_NAME;
  else process.env.TERRAFORM_BINARY_NAME = before.binary;
  rmSync(folder, { recursive: true, force: true });
});

describe("jobstrata local try", () => {
  const attempt = (stack: string) => {
    const said = { out: "", err: "" };
    const io = {
      out: (line: string) => (said.out += `${line}\n`),
      err: (line: string) => (said.err += `${line}\n`),
      exitCode: 0,
    };
    const options = { data: join(folder, "data"), executor: "simulated", ephemeral: true } as const;
    return { said, code: tryStacks([stack], options, io) };
  };

  it("ends at Ctrl-C with 130, and says what was stopped and what is left", async () => {
    const { said, code } = attempt("alerting-*");
    while (!existsSync("begun")) await sleep(5);
    process.emit("SIGINT");
    writeFileSync("end", "");
    expect(await code).toBe(130);
    expect(said.err).toMatchInlineSnapshot(`
     "Stopping the deployment, once Terraform has finished what it began
     Stopped deploying alerting-*. What was applied stays: deploy again to continue, or delete it with npx jobstrata local reset
     "
    `);
    expect(said.out).not.toMatch(/checkpoint|Synthesizing/);
    expect(process.listenerCount("SIGINT")).toBe(0);
  });

  it("says first what is wrong, and keeps back what the CLI prints whatever happens", async () => {
    const { said, code } = attempt("nope");
    expect(await code).toBe(1);
    expect(said.err).toMatchInlineSnapshot(`
     "no stack matches "nope"
     The deployment failed with exit code 1.
     "
    `);
  });
});
