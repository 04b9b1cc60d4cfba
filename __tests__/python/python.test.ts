import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { describeWithEngine, pythonTools, sharedEngine } from "../support/engine";
import { ROOT, run } from "../e2e/support/processes";

const CONFIG = join(__dirname, "pyproject.toml");
const SOURCES = ["src/local/execute/python", "src/alerting", "__tests__/python"];

const suites = readdirSync(__dirname, { recursive: true, encoding: "utf8" })
  .filter((file) => /(?:^|\/)test_\w+\.py$/.test(file))
  .sort();

describeWithEngine("the Python code", () => {
  let python: string;
  let tools: string;

  beforeAll(async () => {
    ({ python } = await sharedEngine());
    tools = await pythonTools();
  });

  /** Runs a tool, and fails with what it says. */
  async function check(...args: string[]): Promise<void> {
    const { code, stdout, stderr } = await run([python, "-m", ...args], {
      cwd: ROOT,
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        PYTHONPATH: [tools, ...SOURCES.slice(0, 2).map((folder) => join(ROOT, folder))].join(":"),
        PYTHONDONTWRITEBYTECODE: "1",
        TZ: "UTC",
      },
    });
    expect({ code, output: code === 0 ? "" : stdout + stderr }).toEqual({ code: 0, output: "" });
  }

  it("has correct types", async () => {
    await check("mypy", "--config-file", CONFIG, "--cache-dir", "/dev/null", ...SOURCES);
  });

  it("follows the rules of ruff", async () => {
    await check("ruff", "check", "--no-cache", "--config", CONFIG, ...SOURCES);
    await check("ruff", "format", "--no-cache", "--check", "--config", CONFIG, ...SOURCES);
  });

  it.each(suites.map((file) => [relative(".", file)]))("passes %s", async (file) => {
    await check("pytest", "-q", "-c", CONFIG, "-p", "no:cacheprovider", join(__dirname, file));
  });
});
