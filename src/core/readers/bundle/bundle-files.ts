import { dirname, resolve } from "node:path";
import { quote } from "../../model/text";
import { isInside, posixRelative, relativePath } from "../../paths";
import type { SourceSuppression } from "../../model/suppression";
import { realPath } from "../real-path";
import { type FoundFile, includeGlob, isBroken, isPattern } from "./include-glob";
import type { Problems } from "./problems";
import { repositoryOf, syncRootOf } from "./roots";
import { checkShape } from "./shape";
import { readSuppressions } from "./suppressions";
import { isValueMap, type Places, readYamlFile, type Value, type ValueMap } from "./yaml-file";

/** Maximum files of a bundle, more than hand-written bundles have. */
const MAX_FILES = 100_000;
/** Maximum characters and values in all files together. */
const MAX_TOTAL = 32 * 2 ** 20;
const MAX_TOTAL_VALUES = 1_500_000;

/** Options for finding the files of a bundle. */
export interface FileOptions {
  /** Folder that must contain all files read. @default - the git work tree, otherwise the folders in `sync.paths` */
  readonly repository?: string;
  /** Texts that replace the contents of files, by absolute path. @default - none */
  readonly contents?: ReadonlyMap<string, string>;
}

/** Reads the files of a bundle, up to a total limit. */
export class BundleFiles {
  public readonly suppressions: SourceSuppression[] = [];
  /** Real paths of the files that were read. */
  public readonly read = new Set<string>();
  #characters = 0;
  #values = 0;

  readonly #file: string;
  readonly #folder: string;
  readonly #places: Places;
  readonly #problems: Problems;
  readonly #options: FileOptions;

  /** @param file the bundle's root file */
  public constructor(file: string, places: Places, problems: Problems, options: FileOptions) {
    this.#file = file;
    this.#folder = dirname(file);
    this.#places = places;
    this.#problems = problems;
    this.#options = options;
  }

  /**
   * @param holds content of the file: a part of the bundle, or values of variables
   * @param real the real path, if known
   */
  public load(
    path: string,
    holds: "bundle" | "values" = "bundle",
    real = realPath(path) ?? path,
  ): ValueMap | undefined {
    if (this.#characters > MAX_TOTAL || this.#values > MAX_TOTAL_VALUES) return undefined;
    this.read.add(real);
    const { text, value, size, problems } = readYamlFile(
      path,
      this.#places,
      this.#options.contents?.get(resolve(path)),
    );
    for (const problem of problems) this.#problems.add(problem);
    if (problems.some(({ rule }) => rule === undefined)) return undefined;
    this.#characters += text.length;
    this.#values += size;
    if (this.#characters > MAX_TOTAL || this.#values > MAX_TOTAL_VALUES) {
      this.#problems.report({
        severity: "error",
        message: `the files of the bundle have more than ${MAX_TOTAL} characters or ${MAX_TOTAL_VALUES} values`,
        fix: "divide the bundle; what comes after that is not read",
      });
      return undefined;
    }
    this.suppressions.push(...readSuppressions(path, text));
    if (value === undefined || value === null) return undefined;
    if (isValueMap(value)) {
      if (holds === "bundle") this.#problems.reportShape(checkShape(value, "Root", this.#places));
      return value;
    }
    this.#problems.add({
      severity: "error",
      message: "the file must hold a map",
      fix:
        holds === "bundle"
          ? "begin it with a key such as resources"
          : "write the values of variables below their names",
      location: { file: relativePath(path), line: 1 },
    });
    return undefined;
  }

  /** Distinct files matched by `include`, in its order. Skips files outside of the repository. */
  public included(config: ValueMap): FoundFile[] {
    const { include } = config;
    // The shape check reports other shapes.
    if (!Array.isArray(include)) return [];
    const root = realPath(this.#file) ?? this.#file;
    const folder = realPath(this.#folder) ?? this.#folder;
    const { repository = repositoryOf(folder) } = this.#options;
    const limits = [
      folder,
      ...(repository === undefined ? [] : [realPath(repository) ?? repository]),
      syncRootOf(folder, config.sync, this.#places),
    ];
    /** Keyed by real path, because links may lead to one file twice. */
    const found = new Map<string, string>();
    for (const [at, pattern] of (include as readonly Value[]).entries()) {
      if (typeof pattern !== "string") continue;
      const refuse = (message: string, fix: string): void => {
        this.#problems.report({
          severity: "error",
          message,
          fix,
          map: config,
          path: ["include", at],
        });
      };
      if (isBroken(pattern)) {
        refuse(`include names ${quote(pattern)}, in which a [ is not closed`, "close it");
        continue;
      }
      const files = includeGlob(this.#folder, pattern.replaceAll("\\", "/"));
      if (files.length === 0 && !isPattern(pattern))
        refuse(
          `include names ${quote(pattern)}, which does not exist`,
          "correct the path, or remove it",
        );
      for (const { path, real } of files) {
        if (!limits.some((limit) => isInside(limit, real))) {
          refuse(
            `include ${quote(pattern)} leads out of ${repository === undefined ? "the bundle, which is in no git repository" : "the repository"}, to ${quote(relativePath(path))}`,
            repository === undefined
              ? `move the file into the bundle, or add its folder to sync: {paths: [., ${posixRelative(this.#folder, dirname(path))}]}`
              : "move the file into the repository",
          );
        } else if (!/\.(?:ya?ml|json)$/.test(path)) {
          refuse(
            `include ${quote(pattern)} finds ${quote(relativePath(path))}, which is not a .yml, .yaml or .json file`,
            "let it name such files alone",
          );
        } else if (real !== root && path.length < (found.get(real)?.length ?? Infinity)) {
          found.set(real, path);
        }
      }
    }
    if (found.size > MAX_FILES) {
      this.#problems.report({
        severity: "error",
        message: `include finds ${found.size} files`,
        fix: "name fewer of them",
        map: config,
        path: ["include"],
      });
      return [];
    }
    return Array.from(found, ([real, path]) => ({ path, real }));
  }
}
