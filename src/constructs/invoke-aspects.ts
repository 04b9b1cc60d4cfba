import { Annotations, Aspects, type IAspect, type TerraformStack } from "cdktf";
import type { IConstruct } from "constructs";

/** Runs the aspects of a stack and its constructs as cdktf does. cdktf does not export its own function. */
export function invokeAspects(stack: TerraformStack): void {
  const invoked = new Map<string, Set<IAspect>>();
  let warned = false;
  const visit = (construct: IConstruct, inherited: readonly IAspect[]): void => {
    const own = Aspects.of(construct);
    const added = own.all;
    const count = added.length;
    const aspects = count === 0 ? inherited : [...inherited, ...added];
    for (const aspect of aspects) {
      const { path } = construct.node;
      const done = invoked.get(path) ?? new Set();
      invoked.set(path, done);
      if (done.has(aspect)) continue;
      aspect.visit(construct);
      if (!warned && own.all.length !== count) {
        Annotations.of(construct).addWarning(
          "We detected an Aspect was added via another Aspect, and will not be applied",
        );
        warned = true;
      }
      done.add(aspect);
    }
    for (const child of construct.node.children) visit(child, aspects);
  };
  visit(stack, []);
}
