import { escapeRegExp } from "./patterns";

/** A common environment name in one word of `name`: `alerting-dev`, `prod_jobs`, `AlertingStaging`. */
export function environmentInName(name: string): string | undefined {
  return wordsOf(name).find((word) => ENVIRONMENT_WORDS.has(word));
}

/** Replaces an environment's name by `*` if it is a word in an id, except in the last part: `load-*-atomic/seed`. */
export function withoutEnvironment(environment: string): (id: string) => string {
  const name = escapeRegExp(environment);
  const word = new RegExp(`(?<![A-Za-z0-9])${name}(?![A-Za-z0-9])`, "g");
  return (id) => {
    const end = id.lastIndexOf("/") + 1;
    return id.slice(0, end).replace(word, "*") + id.slice(end);
  };
}

/** Splits a job's name into the environment in a bracketed prefix and the rest: `dev` in `[dev] Alerting Seed`. */
export function environmentPrefix(name: string): { environment?: string; rest: string } {
  // The development mode of bundles adds the user: "[dev maria] ".
  const [whole = "", environment] = /^\[([^\]\s]+)[^\]]*\]\s+(?=\S)/.exec(name) ?? [];
  return { ...(environment !== undefined && { environment }), rest: name.slice(whole.length) };
}

function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .toLowerCase()
    .replace(/(?<![a-z0-9])(pre|non)[^a-z0-9]+(?:prod|prd|production)(?![a-z])/, "$1prod")
    .split(/[^a-z0-9]+/);
}

const ENVIRONMENT_WORDS = new Set(
  (
    "dev development test testing qa int integration uat stg stage staging preprod nonprod sandbox " +
    "prd prod production"
  ).split(" "),
);

/** Whether a word in an environment's name means development. */
export function isDevelopment(name: string): boolean {
  return ["dev", "development", "local", "sandbox"].some((word) => wordsOf(name).includes(word));
}

/** Whether a word in an environment's name means staging or production. */
export function isBeyondDevelopment(name: string): boolean {
  const words = wordsOf(name);
  return ["stg", "stage", "staging", "preprod", "prd", "prod", "production"].some((word) =>
    words.includes(word),
  );
}
