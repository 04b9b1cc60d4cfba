// Finds phrases that make a reader stumble: `npm run lint`, or `node .ci/english.js FILE…`. Of a test it reads the titles.
const { readdirSync, readFileSync, statSync } = require("node:fs");

/** What not to write, and what to write instead. */
const PHRASES = [
  [
    /(?<!\b(?:there|which) )\b(is|are) no (?!longer|more|fewer|less)\w+/i,
    '"is not a …", "must be …"',
  ],
  [/\bof others\b(?![).])/i, '"external", "another user\'s", "other …"'],
  [/\b(is|are|be|been|was|were) (told(?! apart)|said)\b/i, '"reports", "shows", "is passed"'],
  [/\btold of\b/i, '"notified about", "receives"'],
  [/\bso many\b/i, '"N", "at most N", "the number of …"'],
  [/\bwhoever\b/i, '"the caller", "the user", "anyone who"'],
  [/\bmend(s|ed|ing)?\b/i, '"fix"'],
  [/\bwhere that is\b/i, '"if …"'],
  [/\bha(s|ve|d) no place\b/i, '"cannot be combined with", "does not fit"'],
  [/\banew\b/i, '"again", "recreate", "replace"'],
  [/\b(in|form) a circle\b/i, '"cycle"'],
  [/\bfor ever\b/i, '"forever", "always"'],
  [/\b(is|are) none of\b/i, '"is not one of"'],
  [/["}`] is not there\b/i, '"does not exist"'],
  [/\bin vain\b/i, '"without effect"'],
  [/\blest\b/i, '"so that … not"'],
  [/\bof (its|his|their) own of\b/i, '"its own … for"'],
  [/\bcalled otherwise\b/i, '"renamed", "with another name"'],
  [/\b(is|are) to be (had|found out)\b/i, '"is available", "can be detected"'],
  [/@throws (?!\{)\S+/, '"@throws {JobstrataError} …"'],
];

const PLACES =
  "src docs examples bench packaging __tests__ README.md CONTRIBUTING.md SECURITY.md help main.ts".split(
    " ",
  );
const SKIPPED =
  /(^|\/)(node_modules|dist|lib|cdktf\.out|\.jobstrata|api|fixtures|expected)\/|english\.test\.ts$/;
const TITLE = /(?:\b(?:describe|it|test)\b[^"'`]*\(|^\s*(?:\]|`)\)\()\s*(["'`])(.*?)\1,/;

function filesIn(place) {
  if (statSync(place).isFile()) return [place];
  const inside = readdirSync(place, { recursive: true }).map((name) => `${place}/${name}`);
  return inside.filter((file) => /\.(tsx?|js|md|py)$/.test(file) && !SKIPPED.test(file));
}

/** @returns `FILE:LINE: "phrase": write …` for each phrase of a file */
function findingsIn(file) {
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.flatMap((line, index) => {
    const read = /\.test\.tsx?$/.test(file) ? (TITLE.exec(line)?.[2] ?? "") : line;
    return PHRASES.flatMap(([pattern, instead]) => {
      const found = pattern.exec(read);
      return found === null ? [] : `${file}:${index + 1}: "${found[0]}": write ${instead}`;
    });
  });
}

const named = process.argv.slice(2);
const findings = (named.length > 0 ? named : PLACES.flatMap(filesIn)).flatMap(findingsIn);
for (const finding of findings) console.log(finding);
process.exitCode = findings.length > 0 ? 1 : 0;
