/** Writes docs/rules/ and the JSON schema of the configuration: `npm run generate:docs`. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { configSchema } from "../config/config-schema";
import { rulePage } from "./rule-page";
import { RULES } from "./rules";

const folder = join("docs", "rules");
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const rule of RULES) writeFileSync(join(folder, `${rule.name}.md`), rulePage(rule));
const schema = JSON.stringify(configSchema(RULES), undefined, 2);
writeFileSync(join("docs", "jobstrata.config.schema.json"), `${schema}\n`);
