import { formatLocation, type JobSpec } from "@jobstrata/core/model";
import type { BundlePart, Reading, ReadProblem } from "@jobstrata/core/readers";
import { isInside, relativePath } from "@jobstrata/core/paths";

/** A bundle that cannot be read as a whole. */
interface UnreadBundle extends BundlePart {
  /** Its folder, relative to the working folder. */
  readonly path: string;
  /** One line. */
  readonly why: string;
}

/** The first problem because of which a source cannot be read as a whole, in one line. */
export function unreadable(problems: readonly ReadProblem[]): string | undefined {
  const found = problems.find(({ severity, rule }) => severity === "error" && rule === undefined);
  if (found === undefined) return undefined;
  const { location, message } = found;
  return location === undefined ? message : `${formatLocation(location)}: ${message}`;
}

/** The bundles of a folder that cannot be read as a whole. */
export function unreadBundles({ bundles = [] }: Pick<Reading, "bundles">): UnreadBundle[] {
  return bundles.flatMap((bundle) => {
    const why = unreadable(bundle.problems);
    return why === undefined ? [] : [{ ...bundle, path: relativePath(bundle.folder), why }];
  });
}

/** The folder of a job's bundle, if its source holds several bundles. */
export function bundleOf(
  { id }: JobSpec,
  { bundles }: Pick<Reading, "bundles">,
): string | undefined {
  return bundles?.find(({ prefix }) => id.startsWith(prefix))?.folder;
}

/** The unread bundle at the place of a bundle, or above it: it may have been divided since. */
export function unreadAt(
  folder: string | undefined,
  unread: readonly UnreadBundle[],
): UnreadBundle | undefined {
  return folder === undefined ? undefined : unread.find((each) => isInside(each.folder, folder));
}
