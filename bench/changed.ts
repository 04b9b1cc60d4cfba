/** Measures `jobstrata changed` on a bundle in a git repository. Each run is a process of its own, from compiled JavaScript. */
import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Cost, costOfCommand } from "./figures";
import { writeLineageBundle } from "./lineage";

const NOTEBOOKS = 1160;
/** Notebooks that import the module that changes. */
const IMPORTERS = 3;

/** What {@link measureChanged} finds. */
export interface ChangedFigures {
  readonly jobs: number;
  /** Nothing is known of the code, a helper and a job have changed. */
  readonly cold: Cost;
  /** The same again. */
  readonly warm: Cost;
}

/** @param work folder that holds the compiled project in `js` */
export function measureChanged(work: string): ChangedFigures {
  const root = join(work, "changed");
  const jobs = writeLineageBundle(root, NOTEBOOKS);
  mkdirSync(join(root, "src", "lib"));
  writeFileSync(join(root, "src", "lib", "days.py"), "FIRST = 1\n");
  for (let at = 0; at < IMPORTERS; at++)
    appendFileSync(join(root, "src", `n${at}.py`), "from lib.days import FIRST\n");
  const git = (...args: string[]): void => {
    const user = ["-c", "user.name=bench", "-c", "user.email=bench@example.com"];
    execFileSync("git", [...user, ...args], { cwd: root, stdio: "ignore" });
  };
  git("init", "-q");
  git("add", "-A");
  git("commit", "-qm", "base");
  appendFileSync(join(root, "src", "lib", "days.py"), "LAST = 7\n");
  const file = join(root, "databricks.yml");
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace("    n9:\n", "    n9:\n      timeout_seconds: 60\n"));
  process.env.JOBSTRATA_CACHE = join(work, "changed-cache");
  const cost = (): Cost => {
    const { output, ...each } = costOfCommand(join(work, "js"), ["changed", "HEAD", root]);
    if (!output.startsWith(`${IMPORTERS + 1} modified, `))
      throw new Error(`changed found something else:\n${output}`);
    return each;
  };
  return { jobs, cold: cost(), warm: cost() };
}
