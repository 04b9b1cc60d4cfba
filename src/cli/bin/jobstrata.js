#!/usr/bin/env node
// In a checkout the sources run as they are; the package that is published holds what they were compiled to.
const { existsSync } = require("node:fs");
const { enableCompileCache } = require("node:module");
const { join } = require("node:path");

// Node 22 and later keep what they have compiled for the next command.
enableCompileCache?.();

const source = join(__dirname, "..", "bin.ts");
if (existsSync(source)) {
  // By its path, as the package does not hold it.
  require(join(__dirname, "..", "..", "..", "packaging", "typescript.js"));
  require(source);
} else {
  require("../lib/bin.js");
}
