/** Writes docs/rules/: `npm run generate:rule-pages`. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rulePage } from "./rule-page";
import { RULES } from "./rules";

const folder = join("docs", "rules");
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const rule of RULES) writeFileSync(join(folder, `${rule.name}.md`), rulePage(rule));
