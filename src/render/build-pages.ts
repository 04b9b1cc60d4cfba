/** Makes the scripts of the pages for the package that is published: part of `npm run build`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { PAGE_NAMES, pageScript } from "./page-files";

for (const name of PAGE_NAMES)
  writeFileSync(join("lib", "render", "page", `${name}.min.js`), pageScript(name));
