import { parseDocument } from "yaml";
import * as z from "../zod";
import { JobstrataError } from "../errors";
import type { Severity } from "../model/finding";
import { printable } from "../model/text";
import { DEFAULT_PRESETS, PRESET_NAMES, type PresetName } from "./presets";

const severity = z.enum(["error", "warning", "info"]);
const text = z.string().trim().min(1);
const date = z.iso.date();

const ruleSettings = z
  .looseObject({
    severity: severity.or(z.literal("off")).optional(),
    suppressible: z.boolean().optional().describe("false: nothing may excuse its findings"),
  })
  .describe("beside severity and suppressible, the rule's own options");

const schema: z.ZodType<Config> = z.strictObject({
  $schema: z.string().optional(),
  presets: z
    .array(z.enum(PRESET_NAMES))
    .optional()
    .describe(
      `sets of rules to apply; ${JSON.stringify(DEFAULT_PRESETS)} by default. limits is an older name of correctness, recommended of correctness and governance`,
    ),
  rules: z
    .record(text, severity.or(z.literal("off")).or(ruleSettings))
    .optional()
    .describe("by the name of the rule: its severity, off, or its settings; switches it on, too"),
  cloud: z
    .enum(["aws", "azure", "gcp"])
    .optional()
    .describe("where the workspace runs, for limits that differ"),
  unit: z
    .enum(["notebook", "code"])
    .optional()
    .describe(
      "what belongs to exactly one atomic job: each notebook, or each piece of code of any kind (SQL file, wheel entry point, Python file, pipeline, dbt command); notebook by default",
    ),
  failOn: severity
    .optional()
    .describe("the lowest severity that fails the check; error by default"),
  targets: z.array(text).optional().describe("targets of a bundle to check; all by default"),
  ignore: z
    .array(text)
    .optional()
    .describe("globs of files, relative to this one, whose findings do not count"),
  suppressions: z
    .array(
      z.strictObject({
        rule: text,
        job: text.describe("key of the job"),
        task: text.optional().describe("task_key; all of the job by default"),
        reason: text,
        until: date.optional().describe("the last day on which it holds"),
      }),
    )
    .optional(),
  baseline: text.optional().describe("path of the baseline, jobstrata.baseline.json by default"),
});

/** Content of `jobstrata.config.json` or `.yaml`. A plain interface, so that declarations do not depend on a library. */
export interface Config {
  $schema?: string | undefined;
  presets?: PresetName[] | undefined;
  /** Settings by rule name. */
  rules?: Record<string, RuleSetting> | undefined;
  cloud?: "aws" | "azure" | "gcp" | undefined;
  unit?: "notebook" | "code" | undefined;
  failOn?: Severity | undefined;
  targets?: string[] | undefined;
  ignore?: string[] | undefined;
  suppressions?: ConfigSuppression[] | undefined;
  baseline?: string | undefined;
}

/** The severity of a rule, or its settings: severity, suppressible and the rule's own options. */
export type RuleSetting =
  | Severity
  | "off"
  | {
      [option: string]: unknown;
      severity?: Severity | "off" | undefined;
      suppressible?: boolean | undefined;
    };

/** Suppresses the findings of a rule in a job. */
export interface ConfigSuppression {
  rule: string;
  /** Key of the job. */
  job: string;
  /** `task_key`. @default - all tasks of the job */
  task?: string | undefined;
  reason: string;
  /** Last day of the suppression, such as `2026-12-31`. */
  until?: string | undefined;
}

/**
 * The JSON schema of the configuration, for editors.
 *
 * @param rules the rules to offer and explain
 */
export function configSchema(
  rules: readonly { readonly name: string; readonly summary: string }[],
): object {
  const { $schema, properties = {}, ...rest } = z.toJSONSchema(schema, { target: "draft-7" });
  const { additionalProperties: setting, description } = properties.rules as {
    additionalProperties: object;
    description: string;
  };
  const entries = rules.map(({ name, summary }) => [name, { ...setting, description: summary }]);
  return {
    $schema,
    title: "jobstrata.config.json or jobstrata.config.yaml",
    ...rest,
    properties: {
      ...properties,
      rules: {
        description,
        type: "object",
        properties: Object.fromEntries(entries) as object,
        additionalProperties: false,
      },
    },
  };
}

/**
 * Parses and validates the content of a configuration file.
 *
 * @param file its path, for messages
 * @throws {JobstrataError} `config` if it is invalid
 */
export function parseConfig(content: string, file: string): Config {
  const document = parseDocument(content.replace(/^\uFEFF/, ""), { logLevel: "error" });
  const [broken] = document.errors;
  if (broken !== undefined) {
    const { line = 1, col = 1 } = broken.linePos?.[0] ?? {};
    const [message = ""] = broken.message.split(" at line ");
    throw new JobstrataError("config", `${printable(file)}:${line}:${col}: ${printable(message)}`);
  }
  let data: unknown;
  try {
    data = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new JobstrataError("config", `${printable(file)}: ${printable(String(error))}`);
  }
  const result = schema.safeParse(data ?? {});
  if (!result.success) {
    const problems = result.error.issues.map(({ path, message }) => {
      const where = path.map(String).join(".");
      return `  ${where === "" ? "" : `${printable(where)}: `}${printable(message)}`;
    });
    throw new JobstrataError("config", `${printable(file)} is not valid:\n${problems.join("\n")}`);
  }
  return result.data;
}
