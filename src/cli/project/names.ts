import { JobstrataError } from "@jobstrata/core/errors";
import { quote } from "@jobstrata/core/model";

const NAME = /^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/;

/** The names of a generated job. */
export interface JobNames {
  /** Construct id and Terraform resource name, such as `ingest_orders_job`. */
  readonly key: string;
  /** The key without `_job`: file name of the notebook, and key of the task that runs the job. */
  readonly base: string;
  /** The function that creates the job, such as `ingestOrdersJob`. */
  readonly factory: string;
  /** Property of the layer, such as `ingestOrders`. */
  readonly member: string;
  /** Display form, such as `Ingest Orders`. */
  readonly title: string;
}

/** Display name of a job: its layer's name, not repeated, and its own. */
export function displayName(layer: LayerNames, { base, title }: JobNames): string {
  const own = base.startsWith(`${layer.name}_`)
    ? titleOf(base.slice(layer.name.length + 1))
    : title;
  return `${layer.title} - ${own}`;
}

/** The names of a generated layer. */
export interface LayerNames {
  readonly name: string;
  /** Such as `BronzeLayer`. */
  readonly className: string;
  /** Such as `Bronze`. */
  readonly title: string;
}

/** Properties that a layer already has. */
const TAKEN_MEMBERS: ReadonlySet<string> = new Set([
  "atomic",
  "composite",
  "constructor",
  "environment",
  "orchestrator",
]);

/** @throws {JobstrataError} `config` if the name is not valid for a job */
export function jobNames(name: string): JobNames {
  checkName("job", name);
  const base = name.replace(/_job$/, "");
  const member = camelCase(base);
  if (TAKEN_MEMBERS.has(member)) {
    throw new JobstrataError(
      "config",
      `invalid job name ${quote(name)}: every layer has a member ${quote(member)} already; choose another name`,
    );
  }
  return {
    key: `${base}_job`,
    base,
    factory: `${member}Job`,
    member,
    title: titleOf(base),
  };
}

/** @throws {JobstrataError} `config` if the name is not valid for a layer */
export function layerNames(name: string): LayerNames {
  checkName("layer", name);
  const className = `${titleOf(name).replace(/ /g, "")}Layer`;
  if (className === "JobLayer") {
    throw new JobstrataError(
      "config",
      `invalid layer name ${quote(name)}: its class would be called JobLayer, like the library's; choose another name`,
    );
  }
  return { name, className, title: titleOf(name) };
}

/** @throws {JobstrataError} `config` if the name is not valid for an environment */
export function checkEnvironmentName(name: string): void {
  if (/^[a-z][a-z0-9_-]*$/.test(name)) return;
  throw new JobstrataError(
    "config",
    `invalid environment name ${quote(name)}; use lower-case letters, digits, _ and -, such as dev`,
  );
}

function checkName(kind: string, name: string): void {
  if (name.length <= 60 && NAME.test(name)) return;
  throw new JobstrataError(
    "config",
    `invalid ${kind} name ${quote(name)}; use at most 60 lower-case letters and digits, with single _ between words, such as ${kind === "job" ? "ingest_orders" : "bronze"}`,
  );
}

/** `ingestOrders` as `ingest_orders`. */
export function snakeCase(camel: string): string {
  return camel.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** `raw_events` as `rawEvents`. */
export function camelCase(snake: string): string {
  return snake.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function titleOf(snake: string): string {
  return snake
    .split("_")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(" ");
}
