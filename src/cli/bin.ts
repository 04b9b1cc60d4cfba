#!/usr/bin/env node
import { CommanderError } from "commander";
import { createProgram } from "./program";

/** Exit codes: 0 fine, 1 what was asked for failed, 2 it could not be tried, such as for a wrong argument. */
createProgram()
  .exitOverride()
  .parseAsync()
  .catch((error: unknown) => {
    // Commander has said what is wrong already.
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  });
