/** What the commands of `jobstrata local` do. It brings the server, the engine and Terraform's provider with it. */
export { reset, start, status, stop } from "@jobstrata/local/commands";
export { exec } from "@jobstrata/local/exec";
export { prepareExecutor } from "./local-executor";
export { showLogs } from "./local-logs";
export { openPage } from "./local-open";
export { printSampleData } from "./local-samples";
export { runSql } from "./local-sql";
export { tryStacks } from "./local-try";
export { SERVING } from "../serving";
