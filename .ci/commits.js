// Checks the subjects of new commits, those that main does not have: `room: what it does`, at most 72 characters.
// Merges and reverts are skipped. Where main is not known, as in a shallow clone, it says that it checks nothing.
const { execFileSync } = require("node:child_process");

const LONGEST = 72;
const NOT_IMPERATIVE =
  /^(?:add|allow|change|check|document|fix|improve|mak|mov|refactor|remov|renam|support|updat)e?(?:d|s|ed|es|ing)\b/;

/** What is wrong with a subject, if anything is. */
function problemOf(subject) {
  const [, room, what] = /^([a-z-]+)(?:\([^)]*\))?: (.+)$/.exec(subject) ?? [];
  if (room === undefined) return 'must begin with a room, such as "local: "';
  if (subject.length > LONGEST) return `has ${subject.length} characters, at most ${LONGEST}`;
  if (NOT_IMPERATIVE.test(what)) return 'must be imperative: "add", not "added" or "adds"';
  if (what.endsWith(".")) return "must not end with a full stop";
  return undefined;
}

/** What git prints, or undefined if it fails: no git, no repository, no such revision. */
function git(...args) {
  try {
    const stdio = ["ignore", "pipe", "ignore"];
    return execFileSync("git", args, { encoding: "utf8", stdio }).trim();
  } catch {
    return undefined;
  }
}

const base = git("merge-base", "origin/main", "HEAD") ?? git("merge-base", "main", "HEAD");
const log =
  base === undefined ? undefined : git("log", "--no-merges", "--format=%h %s", `${base}..HEAD`);

if (log === undefined) {
  console.log("Commit subjects are not checked: git does not know what main has.");
} else {
  const commits = log === "" ? [] : log.split("\n");
  const problems = commits.flatMap((line) => {
    const [, hash, subject] = /^(\S+) (.*)$/.exec(line) ?? ["", line, ""];
    const problem = subject.startsWith('Revert "') ? undefined : problemOf(subject);
    return problem === undefined ? [] : [`${hash} "${subject}": the subject ${problem}`];
  });
  for (const problem of problems) console.log(problem);
  console.log(`Commit subjects: ${commits.length} new, ${problems.length} to fix.`);
  if (problems.length > 0) process.exitCode = 1;
}
