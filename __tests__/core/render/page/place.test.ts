import { type Place, placeIn, runsAddress } from "../../../../src/core/render/page/place";

const at = (address: string): Place => {
  const { pathname, hash } = new URL(address, "http://127.0.0.1:8080");
  return placeIn({ pathname, hash });
};

describe("the place of the page in its address", () => {
  test.each<[string, Place]>([
    ["/", { view: "jobs", choice: {} }],
    ["/#/jobs/6", { view: "jobs", jobId: 6, choice: {} }],
    ["/#/alerts", { view: "alerts", choice: {} }],
    ["/#/runs", { view: "runs", choice: {} }],
    ["/#/runs/12", { view: "runs", runId: 12, choice: {} }],
    ["/#job/6/run/12", { view: "runs", runId: 12, choice: {} }],
    ["/#job/6", { view: "jobs", jobId: 6, choice: {} }],
    ["/jobs/6/runs/12?o=1", { view: "runs", runId: 12, choice: {} }],
    ["/jobs/6", { view: "jobs", jobId: 6, choice: {} }],
    ["/jobs/6#/runs/12", { view: "runs", runId: 12, choice: {} }],
    ["/#/runs?state=nope&since=year&job_id=x", { view: "runs", choice: {} }],
    ["/#/runs/9007199254740993", { view: "runs", runId: 9007199254740993n, choice: {} }],
  ])("%s", (address, place) => {
    expect(at(address)).toEqual(place);
  });

  it("keeps the filters of runs, whatever the name is", () => {
    const place: Place = {
      view: "runs",
      jobId: 6,
      runId: 12,
      choice: { outcome: "failed", age: "day", name: "a & b? #é%" },
    };
    expect(at(`/${runsAddress(place)}`)).toEqual(place);
    expect(runsAddress(place)).toMatch(
      /^#\/runs\/12\?job_id=6&state=failed&since=day&name=[\w.+%-]+$/,
    );
    expect(runsAddress({})).toBe("#/runs");
  });
});
