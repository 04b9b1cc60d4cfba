/**
 * Who may import whom. Arrows point one way: cli -> policy -> readers and rules -> model.
 * @type {import("dependency-cruiser").IConfiguration}
 */
const room = (name) => `^src/${name}/`;
const only = (name, from, allowed) => ({
  name,
  severity: "error",
  from: { path: from },
  to: { path: "^(src/|main\\.ts)", pathNot: [from, ...allowed] },
});

const errors = "^src/errors\\.ts$";
const location = "^src/source-location\\.ts$";
const terraform = "^src/terraform-binary\\.ts$";

module.exports = {
  forbidden: [
    only("model-imports-nothing", room("model"), []),
    only("errors", errors, [location, "^src/model/text\\.ts$"]),
    only("source-location", location, []),
    only("terraform-binary", terraform, [errors]),
    only("readers", room("readers"), [room("model"), errors, location, terraform]),
    only("constructs", room("constructs"), [room("model"), errors, location]),
    only("rules-are-pure", "^src/policy/(rules/|rule\\.ts|evaluate\\.ts)", [room("model")]),
    only("policy", room("policy"), [
      room("model"),
      room("readers"),
      room("report"),
      room("config"),
      errors,
    ]),
    only("config", room("config"), [room("model"), errors]),
    only("report", room("report"), [room("model")]),
    only("render", room("render"), [room("model"), room("report")]),
    only("run", room("run"), [room("model"), errors]),
    only("local", room("local"), [room("model"), errors, terraform]),
    only("provider-knows-the-workspace-by-http-only", room("local/provider"), [errors]),
    only("alerting", room("alerting"), [room("constructs")]),
    {
      name: "nothing-imports-cli",
      severity: "error",
      from: { pathNot: room("cli") },
      to: { path: room("cli") },
    },
    {
      name: "model-and-rules-know-no-packages",
      comment: "Pure data and pure functions: no cdktf, no files, no network.",
      severity: "error",
      from: { path: "^src/(model/|policy/(rules/|rule\\.ts|evaluate\\.ts))" },
      to: { dependencyTypes: ["npm", "npm-dev", "core"] },
    },
    {
      name: "cdktf-in-its-rooms",
      severity: "error",
      from: {
        path: "^src/",
        pathNot: ["^src/(constructs|policy)/", "^src/readers/stack-reader\\.ts$"],
      },
      to: { path: "node_modules/(cdktf|constructs|@cdktf)/" },
    },
    {
      name: "no-cycles",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "no-orphans",
      severity: "error",
      from: { orphan: true, path: "^src/", pathNot: ["\\.d\\.ts$"] },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
  },
};
