import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PICTURE, pictureOfMain } from "../../src/cli/generate-readme";
import { ROOT } from "../e2e/support/processes";

it("shows the alerting hierarchy as it is: npm run generate:docs", async () => {
  expect(readFileSync(join(ROOT, "README.md"), "utf8")).toContain(`](${PICTURE})`);
  const picture = readFileSync(join(ROOT, PICTURE), "utf8");
  expect(picture).toContain("alerting_setup_orchestrator_job");
  expect(picture).toBe(await pictureOfMain());
});
