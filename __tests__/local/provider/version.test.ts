import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { providerVersionFor } from "../../../src/local/provider";

const CDKTF = "@cdktf/provider-databricks";
const CDKTN = "@cdktn/provider-databricks";

describe("the version of the provider that a project is made for", () => {
  let project: string;

  beforeEach(() => {
    project = mkdtempSync(join(tmpdir(), "jobstrata-version-"));
  });
  afterEach(() => {
    rmSync(project, { recursive: true, force: true });
  });

  function install(name: string, manifest: string): void {
    const folder = join(project, "node_modules", name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), manifest);
  }

  it.each([
    ["nothing", {}, "1.99"],
    ["CDKTF's bindings", { [CDKTF]: "15.16.1" }, "1.99"],
    ["CDK Terrain's bindings", { [CDKTN]: "18.7.0" }, "1.132"],
    ["newer ones of CDK Terrain", { [CDKTN]: "19.0.0" }, "1.132"],
    ["older ones of CDK Terrain", { [CDKTN]: "17.2.1" }, "1.99"],
    ["a preview of CDK Terrain's", { [CDKTN]: "18.0.0-pre.4" }, "1.132"],
    ["both: CDK Terrain's count", { [CDKTF]: "15.16.1", [CDKTN]: "18.7.0" }, "1.132"],
  ] as const)("follows %s", (_, installed, expected) => {
    for (const [name, version] of Object.entries(installed)) {
      install(name, JSON.stringify({ name, version }));
    }
    expect(providerVersionFor(project)).toBe(expected);
  });

  it("finds bindings above the folder, as Node does", () => {
    install(CDKTN, JSON.stringify({ version: "18.7.0" }));
    const inner = join(project, "apps", "alerting");
    mkdirSync(inner, { recursive: true });
    expect(providerVersionFor(inner)).toBe("1.132");
  });

  it.each([["{}"], ["no JSON"], ["null"], [JSON.stringify({ version: {} })]])(
    "takes bindings that do not tell their version (%s) for old ones",
    (manifest) => {
      install(CDKTN, manifest);
      expect(providerVersionFor(project)).toBe("1.99");
    },
  );
});
