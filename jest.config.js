/** @type {import("jest").Config} */
module.exports = {
  testEnvironment: "node",
  roots: ["<rootDir>/__tests__"],
  setupFiles: ["<rootDir>/__tests__/support/shared-engine.ts"],
  testMatch: ["**/*.test.ts"],
  transform: {
    "\\.ts$": ["@swc/jest", { jsc: { target: "es2022", parser: { syntax: "typescript" } } }],
  },
  collectCoverageFrom: ["src/**/*.ts", "main.ts"],
  coverageProvider: "v8",
  coverageReporters: ["text-summary", "lcov"],
  testTimeout: 60_000,
};
