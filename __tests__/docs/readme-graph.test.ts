import { readFileSync } from "node:fs";
import { join } from "node:path";
import { withHierarchy } from "../../src/cli/generate-readme";
import { ROOT } from "../e2e/support/processes";

it("shows the alerting hierarchy as it is: npm run generate:docs", async () => {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  expect(readme).toContain('["alerting_setup_orchestrator_job"]:::composite');
  expect(readme).toBe(await withHierarchy(readme));
});
