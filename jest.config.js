const { cpus } = require("node:os");

// What commands find out stays out of the user's cache.
process.env.JOBSTRATA_CACHE ??= "off";

const swc = (parser) => [
  "@swc/jest",
  {
    jsc: {
      target: "es2022",
      parser: { syntax: "typescript", ...parser },
      transform: { react: { runtime: "automatic", importSource: "preact" } },
    },
  },
];

/** @type {import("jest").Config} */
module.exports = {
  testEnvironment: "node",
  roots: ["<rootDir>/__tests__"],
  setupFiles: ["<rootDir>/__tests__/support/shared-engine.ts"],
  testSequencer: "<rootDir>/__tests__/support/slow-first.js",
  testMatch: ["**/*.test.ts", "**/*.test.tsx"],
  transform: { "\\.ts$": swc({}), "\\.tsx$": swc({ tsx: true }) },
  collectCoverageFrom: ["src/**/*.{ts,tsx}", "main.ts"],
  coverageProvider: "v8",
  coverageReporters: ["text-summary", "lcov"],
  // For what hangs alone: how long a test takes depends on what else the machine does.
  testTimeout: 600_000,
  // Many tests wait for processes of their own, so that even two processors are busy with two at once.
  maxWorkers: Math.max(2, cpus().length - 1),
};
