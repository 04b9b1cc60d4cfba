/** The actions of `jobstrata local`. Loads the server, the engine and the Terraform provider. */
export { reset, status, stop } from "@jobstrata/local/commands";
export { exec } from "@jobstrata/local/exec";
export { showAlerts } from "./alerts";
export { showLogs } from "./logs";
export { openPage, startInBackground } from "./open";
export { printSampleData } from "./samples";
export { runSql } from "./sql";
export { tryStacks } from "./try";
export { SERVING } from "./server-options";
export { showLocalLineage } from "../lineage/local";
