import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { ROOMS } from "../../packaging/build";

const ROOT = resolve(__dirname, "..", "..");
const HERE = "https://github.com/jobstrata/jobstrata/";

describe.each(ROOMS)("the README of src/%s, which npm shows", (room) => {
  const folder = join(ROOT, "src", room);
  const readme = readFileSync(join(folder, "README.md"), "utf8");
  const { name } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    name: string;
  };

  it("begins with the name of the package and how to install it", () => {
    expect(readme.split("\n")[0]).toBe(`# ${name}`);
    expect(readme).toMatch(new RegExp(`^npm install (.* )?${name}( |$)`, "m"));
  });

  it("links to files that are there, by whole addresses, as the package does not hold them", () => {
    const links = [...readme.matchAll(/\]\(([^)]+)\)/g)].map(([, link = ""]) => link);
    expect(links.filter((link) => !link.startsWith("https://"))).toEqual([]);
    const files = links.flatMap((link) =>
      link.startsWith(HERE) ? [link.slice(HERE.length).replace(/^(blob|tree)\/main\//, "")] : [],
    );
    for (const file of files) expect([file, existsSync(join(ROOT, file))]).toEqual([file, true]);
  });

  it("is short", () => {
    expect(readme.split("\n").length).toBeLessThan(60);
  });
});
