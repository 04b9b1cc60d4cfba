/**
 * Who may import whom. A room of src is a package; arrows point one way: cli -> run, local -> core; constructs -> core.
 * Each package.json says the same of packages.
 * @type {import("dependency-cruiser").IConfiguration}
 */
const room = (name) => `^src/${name}/`;
const only = (name, from, allowed) => ({
  name,
  severity: "error",
  from: { path: from },
  to: { path: "^(src/|main\\.ts)", pathNot: [from, "/node_modules/", ...allowed] },
});

const core = room("core");
const model = room("core/model");
const errors = "^src/core/(errors|nearest)\\.ts$";
const zod = "^src/core/zod\\.ts$";
const location = "^src/core/source-location\\.ts$";
const terraform = "^src/core/terraform-binary\\.ts$";
const framework = "^src/core/framework\\.ts$";
const folders = "^src/core/folders\\.ts$";
const files = "^src/core/(notebook-file|paths)\\.ts$";

module.exports = {
  forbidden: [
    only("core-imports-nothing", core, []),
    only("model-imports-nothing", model, []),
    only("errors", errors, [location, "^src/core/model/text\\.ts$"]),
    only("source-location", location, [files]),
    only("files", files, ["^src/core/model/notebook-format\\.ts$"]),
    only("folders", folders, [errors, "^src/core/model/text\\.ts$"]),
    only("terraform-binary", terraform, [errors]),
    only("framework", framework, []),
    only("lineage", room("core/lineage"), [model]),
    only("readers", room("core/readers"), [
      model,
      errors,
      files,
      location,
      framework,
      zod,
      room("core/lineage"),
    ]),
    only("rules-are-pure", "^src/core/policy/(rules/|rule\\.ts|evaluate\\.ts)", [
      model,
      "^src/core/policy/(data-conflicts|levels|references|suggest|units|words)\\.ts$",
      "^src/core/nearest\\.ts$",
      "^src/core/config/presets\\.ts$",
    ]),
    only("policy", room("core/policy"), [
      model,
      room("core/readers"),
      room("core/config"),
      errors,
      files,
    ]),
    only("split", room("core/split"), [model, "^src/core/policy/(levels|units)\\.ts$"]),
    only("config", room("core/config"), [model, errors, files, zod]),
    only("zod", zod, []),
    only("report", room("core/report"), [model]),
    only("render", room("core/render"), [model, room("core/report")]),
    only("emit", room("cli/emit"), [core]),
    only("constructs", room("constructs"), [core]),
    only("run", room("run"), [core]),
    only("local", room("local"), [core]),
    only("provider-knows-the-workspace-by-http-only", room("local/provider"), [
      errors,
      "^src/core/model/(index|int64|json)\\.ts$",
    ]),
    only("cli", room("cli"), [core, room("run"), room("local")]),
    only("alerting", room("alerting"), [room("constructs")]),
    {
      name: "nothing-imports-cli",
      severity: "error",
      from: { pathNot: room("cli") },
      to: { path: room("cli") },
    },
    {
      name: "packages-by-name",
      comment: "Packages know each other as their users do, by what their manifests export.",
      severity: "error",
      from: { path: "^(src/([^/]+)/|main\\.ts)" },
      to: {
        path: "^src/",
        pathNot: ["^src/$2/", "^src/alerting/"],
        dependencyTypes: ["local"],
        dependencyTypesNot: ["aliased-workspace"],
      },
    },
    {
      name: "model-and-rules-know-no-packages",
      comment: "Pure data and pure functions: no cdktf, no files, no network.",
      severity: "error",
      from: { path: "^src/core/(model/|policy/(rules/|rule\\.ts|evaluate\\.ts))" },
      to: { dependencyTypes: ["npm", "npm-dev", "core"] },
    },
    {
      name: "cdktf-in-its-rooms",
      severity: "error",
      from: { path: "^src/", pathNot: ["^src/constructs/"] },
      to: { path: "node_modules/(cdktf|constructs|@cdktf)/" },
    },
    {
      name: "no-cycles",
      comment:
        "Types and what is loaded late count as well: the reader of one file needs none that needs it.",
      severity: "error",
      from: {},
      to: { circular: true },
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
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
};
