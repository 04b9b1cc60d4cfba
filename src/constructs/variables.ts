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
  return firstVariable(value, (name) => {
    if (stack.environment.variableNames.includes(name)) return false;
    return !stack.node
      .findAll()
      .some((each) => each instanceof TerraformVariable && each.friendlyUniqueId === name);
  });
}

/** Error message for an undeclared variable. */
export function undeclaredMessage(name: string, { environment }: Declaring): string {
  return `${quote(`\${var.${name}}`)} refers to the variable ${quoteWithSuggestion(name, environment.variableNames)}, which environment ${quote(environment.name)} does not declare; declare it in its variables, or as a TerraformVariable of the stack before the job`;
}

/** The first variable in `value` that meets a condition. */
function firstVariable(value: unknown, is: (name: string) => boolean): string | undefined {
  if (typeof value === "string") return value.includes("var.") ? firstIn(value, is) : undefined;
  if (typeof value !== "object" || value === null) return undefined;
  if (Array.isArray(value)) {
    for (const item of value) {
      const found = firstVariable(item, is);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return undefined;
  for (const key in value) {
    const found =
      firstVariable(key, is) ?? firstVariable((value as Record<string, unknown>)[key], is);
    if (found !== undefined) return found;
  }
  return undefined;
}

function firstIn(text: string, is: (name: string) => boolean): string | undefined {
  // A reference may be nested in an expression: ${jsonencode(var.regions)}.
  for (const [, expression = ""] of text.matchAll(/(?<!\$)\$\{([^}]*)/g))
    for (const [, name = ""] of withoutText(expression).matchAll(/(?<![\w.-])var\.([\w-]+)/g))
      if (is(name)) return name;
  return undefined;
}

/** An expression with its string literals emptied. */
function withoutText(expression: string): string {
  return expression.replace(/"(?:[^"\\]|\\.)*"/g, '""');
}
