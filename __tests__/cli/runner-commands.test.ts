import { guardedIo } from "../../src/cli/runner-commands";

function printed(text: string, env: NodeJS.ProcessEnv): { out: string; err: string } {
  let [out, err] = ["", ""];
  const io = {
    out: (line: string) => (out += line),
    err: (line: string) => (err += line),
    exitCode: 0,
  };
  const guarded = guardedIo(io, env);
  guarded.out(text);
  guarded.err(text);
  return { out, err };
}

describe.each([{ GITHUB_ACTIONS: "true" }, { TF_BUILD: "True" }])("a runner of %j", (env) => {
  it.each([
    ["a ##vso[task.complete result=Succeeded;] b", "a # #vso[task.complete result=Succeeded;] b"],
    ["a ##VSO[task.x]", "a # #VSO[task.x]"],
    ["a ##[set-output name=stacks]b", "a # #[set-output name=stacks]b"],
    ["jobs\n  ::stop-commands::x", "jobs\n  : :stop-commands::x"],
    ["::set-output name=x::y.yml", ": :set-output name=x::y.yml"],
    ["### jobstrata: 2 jobs", "### jobstrata: 2 jobs"],
    ["a::b and a ## b", "a::b and a ## b"],
  ])("takes no command from %j", (text, expected) => {
    expect(printed(text, env)).toEqual({ out: expected, err: expected });
  });

  it.each([
    "::error file=a.yml,title=x::a ##[y] b\n::warning ::c",
    "##vso[task.logissue type=error;]a ##vso[x] b",
    "##vso[task.uploadsummary]/tmp/jobstrata-review-lake-house_2Fa.md",
  ])("gets %j as data only", (text) => {
    expect(printed(text, env).out).toBe(text);
    expect(printed(text, env).err).not.toMatch(/^(?:::|##)/);
  });

  it("uploads no file but the report", () => {
    expect(printed("##vso[task.uploadsummary]/etc/passwd", env).out).toMatch(/^# #/);
  });

  it("gets JSON that says the same", () => {
    const json = JSON.stringify(
      { name: "##vso[task.x]", other: ["::error::", "##"] },
      undefined,
      2,
    );
    const { out } = printed(json, env);
    expect(out).not.toContain("##vso[");
    expect(JSON.parse(out)).toEqual(JSON.parse(json));
  });
});

it("changes nothing elsewhere", () => {
  const text = "::error::x ##vso[y]";
  expect(printed(text, {})).toEqual({ out: text, err: text });
});
