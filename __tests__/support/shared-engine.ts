import { join, resolve } from "node:path";

// Every process of a test that wants the notebook engine, children included, takes the one of all tests.
process.env.JOBSTRATA_ENGINE_DIR ??= join(
  resolve(__dirname, "..", ".."),
  "node_modules",
  ".cache",
  "jobstrata-engine",
);
