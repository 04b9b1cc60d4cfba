import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import * as z from "../../zod";
import type { SourceLocation } from "../../model/source-location";
import { METADATA_FILE } from "../../model/markers";
import type { StackConfig, StackJob } from "./app";
import { posixRelative } from "../../paths";

export { METADATA_FILE };

const location = z.object({
  file: z.string(),
  line: z.number().exactOptional(),
  column: z.number().exactOptional(),
});

/** Paths are relative to the output folder. */
const stackSchema = z.object({
  environment: z.string(),
  jobs: z
    .record(z.string(), z.array(z.object({ id: z.string(), source: location.exactOptional() })))
    .exactOptional(),
  externalJobs: z.array(z.string()).exactOptional(),
  assets: z.record(z.string(), z.string()).exactOptional(),
  suppressions: z
    .array(
      z.object({
        rules: z.array(z.string()),
        reason: z.string(),
        until: z.string().exactOptional(),
        location: location.exactOptional(),
        jobIds: z.array(z.string()).exactOptional(),
        taskKey: z.string().exactOptional(),
      }),
    )
    .exactOptional(),
});
const schema = z.object({ version: z.literal(1), stacks: z.record(z.string(), stackSchema) });
type StackMetadata = z.infer<typeof stackSchema>;

/** Writes {@link METADATA_FILE}, so that the stacks can be read without the app. */
export function writeStackMetadata(stacks: readonly StackConfig[], outdir: string): void {
  const entries = stacks.map((stack) => [stack.name, stackMetadata(stack, outdir)] as const);
  const content = { version: 1, stacks: Object.fromEntries(entries) };
  mkdirSync(outdir, { recursive: true });
  writeFileSync(join(outdir, METADATA_FILE), `${JSON.stringify(content)}\n`);
}

function stackMetadata(stack: StackConfig, outdir: string): StackMetadata {
  // Thousands of jobs may be defined in one file.
  const known = new Map<string, string>();
  const below = (file: string): string => {
    const path = known.get(file) ?? posixRelative(outdir, resolve(file));
    known.set(file, path);
    return path;
  };
  const moved = (source: SourceLocation): SourceLocation => ({
    ...source,
    file: below(source.file),
  });
  const jobs = [...stack.jobs].map(
    ([key, each]): [string, { id: string; source?: SourceLocation }[]] => [
      key,
      each.map(({ id, source }) => {
        const at = source();
        return { id, ...(at !== undefined && { source: moved(at) }) };
      }),
    ],
  );
  const assets = [...stack.assets].map(([path, file]): [string, string] => [path, below(file)]);
  return {
    environment: stack.environment,
    ...(jobs.length > 0 && { jobs: Object.fromEntries(jobs) }),
    ...(stack.importedJobIds.size > 0 && { externalJobs: [...stack.importedJobIds] }),
    ...(assets.length > 0 && { assets: Object.fromEntries(assets) }),
    ...(stack.suppressions.length > 0 && {
      suppressions: stack.suppressions.map((each) =>
        each.location === undefined ? each : { ...each, location: moved(each.location) },
      ) as NonNullable<StackMetadata["suppressions"]>,
    }),
  };
}

/** Reads the file of {@link writeStackMetadata}, by stack name; empty if it does not exist. */
export function readStackMetadata(
  outdir: string,
): Map<string, Omit<StackConfig, "name" | "config" | "workingDirectory" | "stateKey">> {
  let stacks: Readonly<Record<string, StackMetadata>> = {};
  try {
    stacks = schema.parse(JSON.parse(readFileSync(join(outdir, METADATA_FILE), "utf8"))).stacks;
  } catch {
    // The app does not use this library, or an older version: use the configuration alone.
  }
  return new Map(
    Object.entries(stacks).map(([name, metadata]) => [name, fromMetadata(metadata, outdir)]),
  );
}

function fromMetadata(
  metadata: StackMetadata,
  outdir: string,
): Omit<StackConfig, "name" | "config" | "workingDirectory" | "stateKey"> {
  const { environment, jobs = {}, externalJobs, assets = {}, suppressions = [] } = metadata;
  const shown = (source: SourceLocation): SourceLocation => ({
    ...source,
    file: posixRelative(process.cwd(), resolve(outdir, source.file)),
  });
  return {
    environment,
    jobs: new Map(
      Object.entries(jobs).map(([key, each]) => [
        key,
        each.map(({ id, source }): StackJob => ({
          id,
          source: () => (source === undefined ? undefined : shown(source)),
        })),
      ]),
    ),
    importedJobIds: new Set(externalJobs),
    assets: new Map(Object.entries(assets).map(([path, file]) => [path, resolve(outdir, file)])),
    suppressions: suppressions.map((each) => ({
      ...each,
      ...(each.location !== undefined && { location: shown(each.location as SourceLocation) }),
    })),
  };
}
