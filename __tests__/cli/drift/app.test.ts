/** An app of CDKTF: which of its live jobs the state of a stack names. */
import { renameSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabricksProvider } from "@cdktf/provider-databricks/lib/provider";
import { LocalBackend, TerraformStack } from "cdktf";
import type { WorkspaceHttp } from "@jobstrata/run";
import { originOf } from "../../../src/cli/import/remote-state";
import { readCode } from "../../../src/cli/drift/read-code";
import { freshFolder, messageOf, synthesize } from "../../support/synth";
import { atomicL1, plainStack } from "../../support/stacks";
import { jobstrata } from "../program-support";

const STATE = join(freshFolder(), "shop.tfstate");

function outdir(): string {
  return synthesize((app) => {
    const stack = plainStack(app, "shop");
    new LocalBackend(stack, { path: STATE });
    atomicL1(stack, "load", "/Shared/load").overrideLogicalId("load");
  }).outdir;
}

const job = (name: string, ids: readonly string[], module?: string): object => ({
  ...(module !== undefined && { module }),
  mode: "managed",
  type: "databricks_job",
  name,
  instances: ids.map((id) => ({ attributes: { id } })),
});

it("takes jobs of modules, and of count, neither for the app's own nor for forgotten ones", async () => {
  const resources = [
    job("load", ["1", "2"]),
    job("load", ["3"], "module.shared"),
    job("old", ["9"]),
  ];
  writeFileSync(STATE, JSON.stringify({ version: 4, resources }));
  const code = readCode(outdir(), { states: [] });

  const states = await code.states({} as WorkspaceHttp, () => undefined);

  expect([...states.ids.values()]).toEqual(["1"]);
  expect([...states.forgotten]).toEqual([["9", "old"]]);
  expect([...states.elsewhere.keys()].sort()).toEqual(["2", "3"]);
});

it("refuses an environment in several workspaces", () => {
  const { outdir: several } = synthesize((app) => {
    for (const name of ["one", "two"]) {
      const stack = new TerraformStack(app, name);
      new DatabricksProvider(stack, "databricks", { host: `https://adb-${name}.x.net` });
      atomicL1(stack, `${name}_job`, `/Shared/${name}`);
    }
  });
  expect(messageOf(() => readCode(several, { states: [] }))).toMatch(
    /are in several workspaces, https:\/\/adb-one\.x\.net, https:\/\/adb-two\.x\.net; compare each/,
  );
});

it("compares the addresses of workspaces without paths, and shows no password of one", () => {
  const addresses = ["adb-1.x.net", "https://ADB-1.x.net/", "https://ana:pw@adb-1.x.net/?o=7"];
  expect(new Set(addresses.map(originOf))).toEqual(new Set(["https://adb-1.x.net"]));
});

it("refuses the state of a bundle", async () => {
  const { code, err } = await jobstrata("drift", outdir(), "--state", STATE);
  expect({ code, err }).toEqual({
    code: 2,
    err: expect.stringContaining("--state names the state of a bundle") as string,
  });
});

it("says that the app was synthesized after its deployment to the local workspace", async () => {
  const data = freshFolder();
  const deployed = join(data, "cdktf.out");
  renameSync(outdir(), deployed);
  const own = outdir();
  const drift = async (ownSeconds: number): Promise<string> => {
    utimesSync(join(deployed, "manifest.json"), 1000, 1000);
    utimesSync(join(own, "manifest.json"), ownSeconds, ownSeconds);
    process.env.CDKTF_OUTDIR = own;
    try {
      // Without such a target, no workspace is needed.
      const { err } = await jobstrata("drift", "--local", "--data", data, "-t", "missing");
      return err;
    } finally {
      delete process.env.CDKTF_OUTDIR;
    }
  };
  const note = "the app has been synthesized since";
  expect(await drift(2000)).toContain(note);
  expect(await drift(1000)).not.toContain(note);
});
