import * as fc from "fast-check";
import { type Changes, findChanges } from "../../../src/cli/changed/changes";
import type { Io } from "../../../src/cli/io";
import { git } from "../../support/git";
import { tempFolder } from "../../support/policy";
import {
  Dice,
  meaningOf,
  mutated,
  type Project,
  randomProject,
  writeProject,
} from "../../support/random-project";

/** Set it after a change of the comparison, for as many changes that nobody has seen: JOBSTRATA_MUTATIONS=1000 */
const { JOBSTRATA_MUTATIONS } = process.env;
const RUNS = Number(JOBSTRATA_MUTATIONS ?? 30);
/** The suite tries the same changes each time: a share of needless selections means nothing for a few random ones. */
const SEED = JOBSTRATA_MUTATIONS === undefined ? { seed: 2026 } : {};
const TARGETS = ["dev", "prod"] as const;
const SILENT: Io = { out: () => undefined, err: () => undefined, exitCode: 0 };
const home = process.cwd();
beforeAll(() => {
  process.env.JOBSTRATA_CACHE = "off";
});
afterAll(() => {
  process.chdir(home);
});

interface Outcome {
  readonly missed: string[];
  readonly selected: number;
  readonly needless: string[];
}

/** Compares what is selected with what the projects mean. */
function judge(before: Project, after: Project, { document }: Changes): Outcome {
  const missed: string[] = [];
  const needless: string[] = [];
  let selected = 0;
  for (const target of TARGETS) {
    const [was, is] = [meaningOf(before, target), meaningOf(after, target)];
    const jobs =
      document.environments.find(({ environment }) => environment === target)?.jobs ?? [];
    const chosen = jobs.filter(({ state }) => state !== "downstream");
    selected += chosen.length;
    const names = new Set(chosen.map(({ job }) => job));
    for (const { renamed_from: old } of chosen) if (old !== undefined) names.add(old);
    for (const key of new Set([...was.keys(), ...is.keys()]))
      if (was.get(key) !== is.get(key) && !names.has(key)) missed.push(`${target} ${key}`);
    for (const { job, reasons } of chosen)
      if (was.get(job) === is.get(job))
        needless.push(`${target} ${job}: ${reasons.map(({ text }) => text).join("; ")}`);
  }
  return { missed, selected, needless };
}

/** Changes projects at random; the base is a folder, or a commit. */
async function tryMutations(runs: number, base: "folder" | "git"): Promise<void> {
  let selected = 0;
  const needless: string[] = [];
  await fc.assert(
    fc.asyncProperty(fc.nat(), async (seed) => {
      const dice = new Dice(seed);
      const before = randomProject(dice);
      let after = before;
      const done: string[] = [];
      for (let count = 1 + dice.below(2); count > 0; count--) {
        const { what, project } = mutated(after, dice);
        after = project;
        done.push(what);
      }
      const [old, now] = [tempFolder(), tempFolder()];
      writeProject(before, base === "git" ? now : old);
      if (base === "git") {
        git(now, "init", "-q");
        git(now, "add", "-A");
        git(now, "commit", "-qm", "before");
      }
      writeProject(after, now);
      process.chdir(now);
      const changes = await findChanges(base === "git" ? {} : { base: old }, SILENT);
      const outcome = judge(before, after, changes);
      selected += outcome.selected;
      needless.push(...outcome.needless.map((each) => `${done.join(", ")}: ${each}`));
      expect({ seed, done, missed: outcome.missed }).toEqual({ seed, done, missed: [] });
      expect(changes.document.complete).toBe(true);
    }),
    { numRuns: runs, ...SEED },
  );
  if (JOBSTRATA_MUTATIONS !== undefined)
    console.log(
      `${base}: ${selected} selected, ${needless.length} needless\n${needless.slice(0, 40).join("\n")}`,
    );
  expect(needless.length).toBeLessThanOrEqual(selected / 10);
}

describe("random changes of random projects", () => {
  it("never miss an affected job, compared with a folder", async () => {
    await tryMutations(RUNS, "folder");
  });

  it("never miss an affected job, compared with a commit", async () => {
    await tryMutations(Math.ceil(RUNS / 10), "git");
  });
});
