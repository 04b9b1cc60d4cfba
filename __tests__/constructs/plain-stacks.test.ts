import { Construct } from "constructs";
import { App, setEnvironment } from "@jobstrata/cdktf";
import {
  atomicL1,
  leaveOldOutput,
  messageOf,
  plainStack,
  plannable,
  useOutdir,
} from "../support/stacks";

const outdir = useOutdir();
const NOTEBOOK = "/Shared/alerting/setup_alerting_tables";

describe("plain stacks", () => {
  it("takes the word of setEnvironment for the environment of a stack", () => {
    const app = new App({ outdir: outdir.path });
    const [us, eu] = [plainStack(app, "alerting-prod-us"), plainStack(app, "alerting-prod-eu")];
    atomicL1(us, "alerting_tables_job", NOTEBOOK);
    atomicL1(eu, "alerting_tables_job", NOTEBOOK);
    expect(
      messageOf(() => {
        app.synth();
      }),
    ).toContain("[prod]");
    setEnvironment(us, "prod_us");
    setEnvironment(eu, "prod_eu");
    expect(() => {
      app.synth();
    }).not.toThrow();
  });

  it("finds two jobs that would overwrite each other in Terraform", () => {
    const app = new App({ outdir: outdir.path });
    const dev = plainStack(app, "alerting-dev");
    atomicL1(dev, "alerting_tables_job", NOTEBOOK);
    atomicL1(new Construct(dev, "legacy"), "tables", NOTEBOOK).overrideLogicalId(
      "alerting_tables_job",
    );
    expect(
      messageOf(() => {
        app.synth();
      }),
    ).toContain('2 jobs of stack "alerting-dev" have the resource name');
  });

  it("removes HCL as well", () => {
    const app = new App({ outdir: outdir.path, hclOutput: true });
    const dev = plainStack(app, "alerting-dev");
    leaveOldOutput(outdir.path, "alerting-dev");
    atomicL1(dev, "alerting_tables_job", NOTEBOOK);
    atomicL1(dev, "alerting_copy_job", NOTEBOOK);
    messageOf(() => {
      app.synth();
    });
    expect(plannable(outdir.path)).toEqual([]);
  });
});
