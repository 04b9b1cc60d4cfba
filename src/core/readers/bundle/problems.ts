import type { FindingSite } from "../../model/finding";
import { relativePath } from "../../paths";
import type { ReadProblem } from "../reading";
import type { ShapeProblem } from "./shape";
import type { KeyPath, Places } from "./yaml-file";

/** A problem of a value, with its location, job and target. */
interface ValueProblem extends Omit<ReadProblem, "location"> {
  readonly map?: object | undefined;
  readonly path?: KeyPath | undefined;
}

/** The distinct problems of a bundle. */
export class Problems {
  public readonly all: ReadProblem[] = [];
  readonly #file: string;
  readonly #places: Places;

  /** @param file used for problems without a known location */
  public constructor(file: string, places: Places) {
    this.#file = file;
    this.#places = places;
  }

  /** Adds a problem at the location of a value. */
  public report({ map, path, ...problem }: ValueProblem): void {
    const location = map === undefined ? undefined : this.#places.locationOf(map, path);
    this.add({ ...problem, location: location ?? { file: relativePath(this.#file) } });
  }

  /** Adds problems of a value's shape. */
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
    // Most problems occur in every target; add each once.
    if (this.all.length < 1000 && !this.all.some(same)) this.all.push(problem);
  }
}
