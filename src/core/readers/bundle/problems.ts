import type { FindingSite } from "../../model/finding";
import { relativePath } from "../../paths";
import type { ReadProblem } from "../reading";
import type { ShapeProblem } from "./shape";
import type { KeyPath, Places } from "./yaml-file";

/** Something wrong with a value: where it is, and the job and target that it belongs to. */
export interface ValueProblem extends Omit<ReadProblem, "location"> {
  readonly map?: object | undefined;
  readonly path?: KeyPath | undefined;
}

/** The problems of a bundle, each once. */
export class Problems {
  public readonly all: ReadProblem[] = [];
  readonly #file: string;
  readonly #places: Places;

  /** @param file the file of problems whose place is not known */
  public constructor(file: string, places: Places) {
    this.#file = file;
    this.#places = places;
  }

  /** Notes a problem, at the place of a value. */
  public report({ map, path, ...problem }: ValueProblem): void {
    const location = map === undefined ? undefined : this.#places.locationOf(map, path);
    this.add({ ...problem, location: location ?? { file: relativePath(this.#file) } });
  }

  /** Notes the problems of the shape of a value. */
  public reportShape(
    problems: readonly ShapeProblem[],
    about?: { readonly environment: string; readonly job: FindingSite["job"] },
  ): void {
    for (const { taskKey, ...problem } of problems) {
      const sites = about && [{ job: about.job, ...(taskKey !== undefined && { taskKey }) }];
      this.report({
        ...problem,
        ...(about && { environment: about.environment }),
        ...(sites && { sites }),
      });
    }
  }

  public add(problem: ReadProblem): void {
    const same = (other: ReadProblem): boolean =>
      other.message === problem.message &&
      other.environment === problem.environment &&
      other.location?.file === problem.location?.file &&
      other.location?.line === problem.location?.line &&
      other.location?.column === problem.location?.column;
    // What is wrong in one target is mostly wrong in all.
    if (this.all.length < 1000 && !this.all.some(same)) this.all.push(problem);
  }
}
