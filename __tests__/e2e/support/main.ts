/**
 * `npm run e2e`: the end-to-end tests alone. With `-- --provider-binary PATH` they use that Terraform provider, such as
 * the genuine one, instead of the stand-in. Anything else is handed on to Jest.
 */
import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { ROOT } from "./processes";
import { PROVIDER_BINARY } from "./terraform";

function main(): number {
  const args = process.argv.slice(2);
  const { tokens } = parseArgs({
    args,
    options: { "provider-binary": { type: "string" } },
    strict: false,
    tokens: true,
  });
  const handedOn = [...args];
  const env = { ...process.env };
  const option = tokens.find(
    (token) => token.kind === "option" && token.name === "provider-binary",
  );
  if (option?.kind === "option") {
    if (option.value === undefined || !isExecutable(option.value)) {
      console.error(`--provider-binary takes a program, not ${JSON.stringify(option.value ?? "")}`);
      return 2;
    }
    handedOn.splice(option.index, option.inlineValue ? 1 : 2);
    env[PROVIDER_BINARY] = resolve(option.value);
  }
  const jest = [
    require.resolve("jest/bin/jest"),
    `--roots=${join(ROOT, "__tests__", "e2e")}`,
    ...handedOn,
  ];
  return spawnSync(process.execPath, jest, { cwd: ROOT, env, stdio: "inherit" }).status ?? 2;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

process.exitCode = main();
