/** What the commands of `jobstrata local` do. It brings the server, the engine and Terraform's provider with it. */
export { reset, start, status, stop } from "@jobstrata/local/commands";
export { exec } from "@jobstrata/local/exec";
export { showAlerts } from "./alerts";
export { prepareExecutor } from "./executor";
export { showLogs } from "./logs";
export { openPage } from "./open";
export { printSampleData } from "./samples";
export { runSql } from "./sql";
export { tryStacks } from "./try";
export { SERVING } from "./server-options";
