import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { main } from "../../src/cli/main";

/** What somebody may type, and what they are told. Nothing of it is on standard output; the exit code is 2. */
const WRONG: readonly (readonly [line: string, message: RegExp])[] = [
  ["chekc", /unknown command 'chekc'.*Did you mean check\?.*Try jobstrata --help/s],
  ["plan", /unknown command 'plan'/s],
  ["--fromat", /unknown option '--fromat'/s],
  ["help nope", /there is no help on "nope"; there is on start, import/s],
  ["help chec", /did you mean "check"/s],
  [
    "check --fromat x",
    /unknown option '--fromat'.*Did you mean --format\?.*Try jobstrata check --help/s,
  ],
  ["check --format xml bundle", /argument 'xml' is invalid. Allowed choices are text/s],
  ["check nope", /"nope" does not exist/s],
  ["check empty", /"empty" holds neither a bundle/s],
  ["check broken.json", /"broken.json" is not JSON/s],
  ["check other.json", /"other.json" is neither a bundle/s],
  ["check file.txt", /"file.txt" is not JSON/s],
  ["check bundle --source terraform", /"bundle" holds neither a bundle/s],
  ["check --source workspace bundle", /a workspace is read without a path; leave out "bundle"/s],
  ["check bundle -t nope", /databricks.yml has no target "nope"; it has "dev"/s],
  [
    "check bundle --config nope.json",
    /the configuration "nope.json" cannot be read: no such file or folder \(ENOENT\)/s,
  ],
  ["check bundle --baseline", /'--baseline <file>' argument missing/s],
  ["check bundle --preset nope", /argument 'nope' is invalid/s],
  [
    "check bundle --output nope/out.json",
    /the report "nope\/out.json" cannot be written: no such file or folder \(ENOENT\)/s,
  ],
  ["check bundle --rule", /unknown option '--rule'/s],
  ["rules nope", /there is no rule "nope"; the rules are notebook-in-one-job,/s],
  ["rules notebook-in-on-job", /did you mean "notebook-in-one-job"/s],
  ["graph nope", /has no job "nope"|"nope" is not a path here/s],
  ["graph bundle nope_job", /"dev" has no job "nope_job"; it has "load_job", "nightly_job"$/s],
  ["graph bundle lod_job", /did you mean "load_job"/s],
  ["graph bundle --format pdf", /argument 'pdf' is invalid. Allowed choices are tree/s],
  [
    "graph bundle --output x.pdf",
    /"x.pdf": there is no format for .pdf; use .mmd, .*add --format/s,
  ],
  [
    "graph bundle --output nope/x.svg",
    /the drawing "nope\/x.svg" cannot be written: no such file or folder \(ENOENT\)/s,
  ],
  ["graph bundle --level steps", /argument 'steps' is invalid/s],
  ["graph bundle --depth -1", /It must be a whole number/s],
  ["graph bundle --direction left", /Allowed choices are down, up, both/s],
  ["graph bundle --format text", /--format text shows what changes: add --diff/s],
  ["graph bundle -t nope", /has no target "nope"; it has "dev"/s],
  ["graph repository --diff HEAD", /the repository of "[^"]*repository" has no commit yet/s],
  ["graph empty", /holds neither a bundle/s],
  ["docs bundle", /required option '-o, --output <folder>' not specified/s],
  ["docs bundle -o file.txt/docs", /file.txt" is a file, not a folder/s],
  [
    "docs bundle -o /proc/docs",
    /the folder "\/proc\/docs" cannot be created: no such file or folder \(ENOENT\)/s,
  ],
  ["docs empty -o out", /holds neither a bundle/s],
  ["lineage nope bundle", /no job of "dev" reads or writes "nope"/s],
  ["lineage --format xml", /argument 'xml' is invalid/s],
  ["drift empty", /"empty" holds neither a bundle/s],
  ["drift bundle -t nope", /databricks.yml has no target "nope"; it has "dev"/s],
  ["drift bundle --dry-run", /--dry-run needs --accept/s],
  ["drift bundle --fail-on all,paus", /Allowed are missing, changed,/s],
  ["drift bundle", /no workspace is known: set DATABRICKS_HOST/s],
  ["run", /no job is given: give one of a key, --job-id, --name and --watch/s],
  ["run load_job", /no workspace is known: set DATABRICKS_HOST/s],
  ["run -t nope load_job", /holds no synthesized stacks; run "npx cdktf synth"/s],
  ["run load_job --job-id 5", /more than one job is given/s],
  ["run --job-id 0", /An id is a whole number above 0/s],
  ["run --job-id abc", /An id is a whole number above 0/s],
  ["run --watch 7 --only a", /--only cannot be combined with --watch/s],
  ["run --job-id 5 --param novalue", /It must be name=value/s],
  ["run --job-id 5 --param a=1 --param a=2", /"a" is given twice/s],
  ["run --job-id 5 --timeout soon", /It must be a number of seconds, or a duration such as 90s/s],
  ["run --job-id 5 --only ,", /It must name at least one task/s],
  ["runs --limit 0", /It must be a whole number above 0/s],
  ["repair", /give the id of a run, or --last/s],
  ["repair 0", /An id is a whole number above 0/s],
  ["test", /use -t to name the environment to test/s],
  ["local bogus", /unknown command 'bogus'.*Try jobstrata local --help/s],
  ["local exec", /missing required argument 'command'/s],
  ["local start --port 70000", /It must be a whole number from 0 to 65535/s],
  ["local start --executor cloud", /Allowed choices are local, simulated/s],
  ["local start --data /proc/nope --executor simulated", /\/proc\/nope cannot be the data folder/s],
  ["local open nope", /"nope" is not the address of a job or a run/s],
  ["local open --run abc", /An id is a whole number above 0/s],
  ["local logs 0", /An id is a whole number above 0/s],
  ["local sql", /there is no SQL to run/s],
  ["local try", /missing required argument 'stacks'/s],
  ["init --framework rails", /Allowed choices are cdktf, cdktn/s],
  ["init --layer 9", /invalid layer name "9"/s],
  ["add job 9x", /invalid job name "9x"/s],
  ["add job x", /run npx jobstrata init first/s],
  ["import nope -o out", /"nope" does not exist/s],
  ["import bundle", /required option '-o, --output <folder>' not specified/s],
  ["export nope -o out", /"nope" does not exist/s],
  [
    "completion powershell",
    /there is no completion for "powershell"; there is for bash, zsh, fish/s,
  ],
  ["check ", /"" does not exist/s],
  ["check empty.json", /"empty.json" is empty/s],
  ["check null.json", /"null.json" holds neither an object nor a list/s],
  ["check binary", /"binary" is not UTF-8/s],
  ["check loop", /"loop" does not exist/s],
  ["check https://example.com", /"https:\/\/example.com" does not exist/s],
  ["check bundle -t ", /has no target ""; it has "dev"/s],
  ["check bundle --output ", /the report "" cannot be written: no such file/s],
  [
    "check bundle --output empty",
    /the report "empty" cannot be written: it is a folder \(EISDIR\)/s,
  ],
  [
    "check bundle --output file.txt/x",
    /cannot be written: a part of the path is not a folder \(ENOTDIR\)/s,
  ],
  [
    "check bundle --output /dev/full",
    /"\/dev\/full" cannot be written: no space left on the disk \(ENOSPC\)/s,
  ],
  ["check bundle --config empty", /the configuration "empty" cannot be read: it is a folder/s],
  ["check bundle --config broken.json", /broken.json:1:2: /s],
  ["check bundle --config other.json", /other.json is not valid:\s+Unrecognized key: "x"/s],
  [
    "check bundle --baseline broken.json",
    /the baseline "broken.json" is not JSON; recreate it with/s,
  ],
  ["check bundle --baseline other.json", /the baseline "other.json" does not have version 1/s],
  ["check bundle --baseline empty", /the baseline "empty" cannot be read: it is a folder/s],
  [
    "check bundle --baseline nope/b.json --update-baseline",
    /"nope\/b.json" cannot be written: no such/s,
  ],
  ["rules ", /the argument 'name' is empty/s],
  ["graph bundle ", /"dev" has no job ""; it has "load_job"/s],
  ["graph bundle --depth 1e99", /It must be a whole number/s],
  ["graph bundle --output empty", /the drawing "empty" cannot be written: it is a folder/s],
  ["docs bundle -o ", /option '-o, --output <folder>' argument '' is empty/s],
  ["docs bundle -o /dev/null", /"\/dev\/null" is a file, not a folder/s],
  ["lineage  bundle", /the argument 'table' is empty/s],
  ["changed  bundle", /the argument 'base' is empty/s],
  ["review --plan null.json", /"null.json" is not a plan; make one with/s],
  ["split null.json", /"null.json" defines no jobs/s],
  ["split bundle nope_job", /defines no job "nope_job"/s],
  ["run ", /the argument 'job' is empty/s],
  ["run --name ", /option '--name <name>' argument '' is empty/s],
  ["run --job-id -5", /An id is a whole number above 0/s],
  ["run --job-id 99999999999999999999", /of at most 64 bits/s],
  ["run --job-id 5 --timeout 0", /It must be a number of seconds/s],
  ["run --job-id 5 --param =x", /It must be name=value/s],
  ["local start --data  --executor simulated", /option '--data <folder>' argument '' is empty/s],
  ["local start --data file.txt --executor simulated", /file.txt" is a file, not a folder/s],
  ["local start --port -1", /It must be a whole number from 0 to 65535/s],
  ["local open http://example.com/#job/1", /is not an address of the local workspace/s],
  ["local sql --file nope.sql", /the SQL in "nope.sql" cannot be read: no such file/s],
  ["local try x", /neither cdktf-cli nor cdktn-cli is installed|terraform/is],
  ["init ", /the argument 'folder' is empty/s],
  ["init file.txt", /file.txt" is a file, not a folder/s],
  ["add job ", /the argument 'name' is empty/s],
  ["import null.json -o out", /"null.json" holds neither an object nor a list/s],
  ["import bundle -o ", /option '-o, --output <folder>' argument '' is empty/s],
  ["import bundle -o file.txt", /"file.txt" is a file; name a folder/s],
  ["completion ", /the argument 'shell' is empty/s],
];

const BUNDLE = `bundle: { name: shop }
resources:
  jobs:
    load_job:
      tags: { job_level: atomic }
      tasks: [{ task_key: load, notebook_task: { notebook_path: ./load.py } }]
    nightly_job:
      tags: { job_level: composite }
      tasks: [{ task_key: load, run_job_task: { job_id: "\${resources.jobs.load_job.id}" } }]
targets: { dev: {} }
`;

describe("a wrong input", () => {
  const before = { folder: process.cwd(), env: { ...process.env } };
  let folder: string;

  beforeAll(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "jobstrata-wrong-")));
    for (const name of ["bundle", "repository", "empty"]) mkdirSync(join(folder, name));
    for (const name of ["bundle", "repository"]) {
      writeFileSync(join(folder, name, "databricks.yml"), BUNDLE);
      writeFileSync(join(folder, name, "load.py"), "# Databricks notebook source\n");
    }
    spawnSync("git", ["init", "--quiet", join(folder, "repository")]);
    writeFileSync(join(folder, "broken.json"), "{");
    writeFileSync(join(folder, "other.json"), '{"x": 1}');
    writeFileSync(join(folder, "empty.json"), "");
    writeFileSync(join(folder, "null.json"), "null");
    writeFileSync(join(folder, "binary"), Buffer.alloc(64, 0xff));
    symlinkSync("loop", join(folder, "loop"));
    writeFileSync(join(folder, "file.txt"), "text");
    process.chdir(folder);
    process.env = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !name.startsWith("DATABRICKS")),
    );
    process.env.DATABRICKS_CONFIG_FILE = join(folder, "no-such-file");
  });
  afterAll(() => {
    process.chdir(before.folder);
    process.env = before.env;
    rmSync(folder, { recursive: true });
  });

  test.each(WRONG)("%s", async (line, message) => {
    let [out, err] = ["", ""];
    const io = {
      out: (text: string) => (out += `${text}\n`),
      err: (text: string) => (err += `${text}\n`),
      exitCode: 0,
    };
    await main(line.split(" "), io);
    expect(err.trim()).toMatch(message);
    expect(err).not.toMatch(/\.\.(?!\.)(?!\/)|^ {4}at /m);
    expect(out).toBe("");
    expect(io.exitCode).toBe(2);
  });
});
