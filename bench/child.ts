/**
 * Builds and synthesizes one app and prints what that took as JSON: `node child.js <variant> <jobs> <outdir>`.
 */
import { generatedApp, jobstrataApp } from "./apps";

const [variant, jobs, outdir] = process.argv.slice(2);
if (outdir === undefined) throw new Error("usage: child.js jobstrata|generated <jobs> <outdir>");
const build = variant === "jobstrata" ? jobstrataApp : generatedApp;

const cpuBefore = process.cpuUsage();
const before = performance.now();
build(outdir, Number(jobs)).synth();
const wallMs = performance.now() - before;
const { user, system } = process.cpuUsage(cpuBefore);

const { maxRSS } = process.resourceUsage();
process.stdout.write(
  JSON.stringify({ wallMs, cpuMs: (user + system) / 1000, peakMiB: maxRSS / 1024 }),
);
