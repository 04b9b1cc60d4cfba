import { quoteWithSuggestion } from "@jobstrata/core/errors";
import { quote } from "@jobstrata/core/model";
import { TerraformVariable } from "cdktf";
import type { IConstruct } from "constructs";
import type { JobEnvironment } from "./job-environment";

/** What decides which variables are declared: a stack, its environment and the constructs in it. */
interface Declaring extends IConstruct {
  readonly environment: JobEnvironment;
}

/**
 * The first variable that `value` references and that neither the stack's environment nor a construct in the stack
 * declares.
 */
export function undeclaredVariable(value: unknown, stack: Declaring): string | undefined {
  for (const name of variablesIn(value)) {
    if (stack.environment.variableNames.includes(name)) continue;
    const declared = stack.node
      .findAll()
      .some((each) => each instanceof TerraformVariable && each.friendlyUniqueId === name);
    if (!declared) return name;
  }
  return undefined;
}

/** Error message for an undeclared variable. */
export function undeclaredMessage(name: string, { environment }: Declaring): string {
  return `${quote(`\${var.${name}}`)} refers to the variable ${quoteWithSuggestion(name, environment.variableNames)}, which environment ${quote(environment.name)} does not declare; declare it in its variables, or as a TerraformVariable of the stack before the job`;
}

function* variablesIn(value: unknown): Iterable<string> {
  if (typeof value === "string") {
    // A reference may be nested in an expression: ${jsonencode(var.regions)}.
    if (!value.includes("var.")) return;
    for (const [, expression = ""] of value.matchAll(/(?<!\$)\$\{([^}]*)/g))
      for (const [, name = ""] of withoutText(expression).matchAll(/(?<![\w.-])var\.([\w-]+)/g))
        yield name;
  } else if (Array.isArray(value)) {
    for (const item of value) yield* variablesIn(item);
  } else if (typeof value === "object" && value !== null) {
    if (Object.getPrototypeOf(value) !== Object.prototype) return;
    for (const [key, item] of Object.entries(value)) {
      yield* variablesIn(key);
      yield* variablesIn(item);
    }
  }
}

/** An expression with its string literals emptied. */
function withoutText(expression: string): string {
  return expression.replace(/"(?:[^"\\]|\\.)*"/g, '""');
}
