/** The environment that a name usually means by one of its words: `alerting-dev`, `prod_jobs`, `AlertingStaging`. */
export function environmentInName(name: string): string | undefined {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .toLowerCase()
    .replace(/(?<![a-z0-9])(pre|non)[^a-z0-9]+(?:prod|prd|production)(?![a-z])/, "$1prod")
    .split(/[^a-z0-9]+/);
  return words.find((word) => ENVIRONMENT_WORDS.has(word));
}

const ENVIRONMENT_WORDS = new Set(
  (
    "dev development test testing qa int integration uat stg stage staging preprod nonprod sandbox " +
    "prd prod production"
  ).split(" "),
);
