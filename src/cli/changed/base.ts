import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve, sep } from "node:path";
import { JobstrataError } from "@jobstrata/core/errors";
import { frameworkOf } from "@jobstrata/core/framework";
import { maskSecret, quote, type SourceKind } from "@jobstrata/core/model";
import { isInside, relativePath } from "@jobstrata/core/paths";
import {
  bundleFile,
  priorState,
  type Reading,
  readSynthesized,
  readTerraformJson,
} from "@jobstrata/core/readers";
import { commitOf, Git, GitFailed, workTreeOf } from "../git/git";
import { checkOut, copyOverrides, isRead } from "../git/revision";
import { movedReading, withoutCommonEnd } from "../graph/relocation";
import type { Io } from "../io";
import { readPath, type SourceOptions } from "../sources/path";
import { AssetChanges, hasAssets } from "./asset-changes";
import type { BaseSource } from "./document";
import { FolderChanges, type FileChanges } from "./file-changes";
import { GitChanges } from "./git-changes";
import { BundleReferences, type References, StackReferences } from "./references";
import { appFolder, synthesizeAt } from "./synthesized-base";
import { ONLY_SETTINGS, UploadChanges } from "./upload-changes";

/** The base of a comparison. */
export interface Base {
  readonly from: BaseSource;
  /** Its jobs, with paths mapped to the current side; undefined if no job definition has changed. */
  readonly reading?: Reading;
  /** How files differ; undefined if the base holds no files. */
  readonly files?: FileChanges;
  /** What jobs refer to, before and after; undefined if unknown. */
  readonly references?: { readonly before: References; readonly after: References };
  /** How uploaded files differ, if the base has only their digests. */
  readonly uploads?: UploadChanges;
  /** Limits of the comparison, in sentences. */
  readonly problems: readonly string[];
}

/** The current side of the comparison, and how it was read. */
export interface Current {
  readonly reading: Reading;
  readonly options: Omit<SourceOptions, "targets">;
  readonly signal?: AbortSignal;
  readonly io: Io;
  readonly visit?: BaseVisitor;
}

/**
 * Called with a bundle at the base revision. Its files are there meanwhile, and the working folder is the same relative to them,
 * so paths and fingerprints match those of the current side.
 *
 * @param repository the temporary folder that replaces the work tree
 */
export type BaseVisitor = (before: Reading, repository: string) => Promise<void>;

const HINT = "name a folder or the JSON of a plan or state as the base";

/**
 * Reads the base: a path if it exists, else a git revision. The prefix `git:` forces a revision.
 *
 * @throws {JobstrataError} `source` if it cannot be read
 */
export async function readBase(base: string, current: Current): Promise<Base> {
  const isPath = !base.startsWith("git:") && (base === "-" || existsSync(base));
  if (isPath) return atPath(base, current);
  return atRevision(base.replace(/^git:/, ""), current);
}

function atPath(path: string, { reading, options }: Current): Base {
  const priors: string[] = [];
  const terraform: SourceOptions["terraform"] = (json, file) => {
    const state = priorState(json);
    if (state !== undefined) priors.push(file);
    return readTerraformJson(state ?? json, file, { mask: maskSecret });
  };
  const isFolder = path !== "-" && statSync(path).isDirectory();
  const readings = readPath(path, {
    ...options,
    targets: [],
    terraform,
    ...(isFolder && placedIn(path, folderOf(reading), options)),
  });
  const before = sameKind(readings, reading.kind);
  const from = {
    kind: before.kind,
    path: before.path,
    ...(priors.length > 0 && { prior_state: true as const }),
  };
  const isMovable =
    before.kind === reading.kind && (before.kind === "bundle" || before.kind === "cdktf");
  if (!isMovable)
    return {
      from,
      reading: before,
      ...(before.uploads && reading.uploads
        ? { uploads: new UploadChanges(before, reading), problems: [] }
        : { problems: [ONLY_SETTINGS] }),
    };
  const move = withoutCommonEnd(folderOf(before), folderOf(reading));
  return {
    from,
    reading: movedReading(before, move),
    files: filesBetween(before, reading, move),
    references: referencesOf(reading, before),
    problems: [],
  };
}

/** Options to read several bundles of the base as those of the current side: with the same ids, and ignoring the same ones. */
function placedIn(
  base: string,
  current: string,
  { isIgnored = () => false }: Current["options"],
): Required<Pick<SourceOptions, "workingFolder" | "isIgnored">> {
  return {
    workingFolder: resolve(base, relative(current, realpathSync(process.cwd()))),
    isIgnored: (path) => isIgnored(resolve(current, relative(resolve(base), resolve(path)))),
  };
}

/** File changes between two readings. A synthesis output folder is compared by its asset copies. */
function filesBetween(
  before: Reading,
  after: Reading,
  { from, to }: { readonly from: string; readonly to: string },
): FileChanges {
  return before.kind === "cdktf" && hasAssets(before.path)
    ? new AssetChanges(realpathSync(before.path), realpathSync(after.path))
    : new FolderChanges(from, to);
}

/** @param before its files must still exist */
function referencesOf(after: Reading, before: Reading): NonNullable<Base["references"]> {
  const of = (reading: Reading): References =>
    after.kind === "cdktf"
      ? new StackReferences(resolve(reading.path))
      : new BundleReferences(reading, folderOf(reading));
  return { before: of(before), after: of(after) };
}

/** The reading of the given kind, else the first. */
function sameKind(readings: readonly Reading[], kind: SourceKind): Reading {
  const found = readings.find((each) => each.kind === kind) ?? readings[0];
  if (found === undefined) throw new JobstrataError("source", "the base holds no jobs");
  return found;
}

/** The folder of a bundle or of several, or the parent of the synthesis output; else the working folder. */
export function folderOf({ path, kind }: Reading): string {
  if (kind !== "bundle" && kind !== "cdktf") return process.cwd();
  const real = realpathSync(resolve(path));
  return kind === "bundle" && statSync(real).isDirectory() ? real : dirname(real);
}

async function atRevision(revision: string, current: Current): Promise<Base> {
  const { reading, signal } = current;
  const folder = folderOf(reading);
  const git = new Git(await workTreeOf(folder, signal, HINT), signal, HINT);
  const commit = await commitOf(git, revision);
  const from = { kind: reading.kind, path: reading.path, revision, commit };
  const base = { git, commit, revision, folder, current };
  try {
    const files = await GitChanges.since(git, commit);
    switch (reading.kind) {
      case "bundle":
        if (!hasConfigChanges(files, current)) {
          if (current.visit !== undefined) await bundleAt(base);
          const { after } = referencesOf(reading, reading);
          return { from, files, references: { before: after, after }, problems: [] };
        }
        return { from, ...(await bundleAt(base)), files, problems: [] };
      case "cdktf":
        return { from, ...(await appAt(base)), files, problems: staleness(reading.path, files) };
      default:
        throw new JobstrataError(
          "source",
          "a plan, a state and a workspace have no revisions; name the JSON of another plan or state as the base",
        );
    }
  } catch (error) {
    throw error instanceof GitFailed ? error.explained() : error;
  }
}

/** Files that an app may read during synthesis. */
const OF_APPS = /\.(?:[cm]?[jt]sx?|json|ya?ml)$/i;

/** Warns if an app has changed since it was synthesized; the effect on its jobs is unknown. */
function staleness(outdir: string, files: GitChanges): string[] {
  const folder = realpathSync(resolve(outdir));
  const manifest = statSync(join(folder, "manifest.json"), { throwIfNoEntry: false });
  for (const path of files.paths) {
    if (!OF_APPS.test(path) || path.startsWith(`${folder}${sep}`)) continue;
    const stats = statSync(path, { throwIfNoEntry: false });
    if (manifest === undefined || stats?.isFile() !== true) continue;
    if (stats.mtimeMs <= manifest.mtimeMs) continue;
    return [
      `${quote(relativePath(folder))} is older than ${quote(relativePath(path))}, so it may not show what has changed; run npx ${frameworkOf(folder)} synth first`,
    ];
  }
  return [];
}

type Before = Required<Pick<Base, "reading" | "references">>;

/** A commit and the source to read at it. */
interface AtCommit {
  readonly git: Git;
  readonly commit: string;
  readonly revision: string;
  /** The source's current folder. */
  readonly folder: string;
  readonly current: Current;
}

/** Whether any file that may define jobs has changed, or any link, which may point to one. */
function hasConfigChanges(files: GitChanges, { options }: Current): boolean {
  const isConfig = options.python === true ? /./ : /\.(?:ya?ml|json)$/i;
  for (const path of files.paths) if (isConfig.test(path)) return true;
  return files.hasLinks;
}

/** The bundle at a commit, or all bundles in a folder. */
function bundleAt({ git, commit, revision, folder, current }: AtCommit): Promise<Before> {
  const { reading, options, visit } = current;
  const isWhole = options.python === true || visit !== undefined;
  return inTemporaryFolder(async (temporary) => {
    const root = await checkOut(git, commit, temporary, { isRead: isWhole ? () => true : isRead });
    const inside = relative(git.folder, folder);
    const place = join(root, inside);
    const file = bundleFile(resolve(reading.path));
    const path = file === undefined ? place : join(place, relative(folder, realpathSync(file)));
    if (!existsSync(path))
      throw new JobstrataError("source", `${revision} has no bundle in ${inside || "its root"}`);
    copyOverrides(folder, place);
    const shown = (way: string): string => `${revision}:${way}`;
    const placed = placedIn(root, git.folder, options);
    const back = process.cwd();
    const canVisit = visit !== undefined && isInside(resolve(root), placed.workingFolder);
    if (canVisit) {
      mkdirSync(placed.workingFolder, { recursive: true });
      process.chdir(placed.workingFolder);
    }
    try {
      const [before = reading] = readPath(relativePath(path), {
        ...options,
        source: "bundle",
        targets: [],
        repository: root,
        hasFiles: canVisit,
        ...placed,
      });
      const moved = movedReading(before, { from: root, to: git.folder, shown });
      if (canVisit) await visit(before, root);
      return { reading: moved, references: referencesOf(reading, before) };
    } finally {
      process.chdir(back);
    }
  });
}

/** The stacks of an app at a commit. */
function appAt({ git, commit, revision, folder, current }: AtCommit): Promise<Before> {
  const app = appFolder(folder);
  if (app === undefined)
    throw new JobstrataError(
      "source",
      `${quote(current.reading.path)} does not belong to an app (there is no cdktf.json above it); name the cdktf.out of the base`,
    );
  return inTemporaryFolder(async (temporary) => {
    const { root, outdir } = await synthesizeAt(git, commit, app, temporary, current.signal);
    const shown = (way: string): string => `${revision}:${way}`;
    const before = readSynthesized(outdir);
    return {
      reading: movedReading(before, { from: root, to: git.folder, shown }),
      references: referencesOf(current.reading, before),
    };
  });
}

async function inTemporaryFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "jobstrata-changed-")));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
