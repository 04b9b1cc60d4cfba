/** Shapes of settings, and functions that write them briefly. */

/** A string, number or boolean. */
export interface ScalarShape {
  readonly kind: "string" | "number" | "boolean";
  /** Databricks' default, which equals an absent value. */
  readonly default?: string | number | boolean;
  /** An empty string is a value. */
  readonly mayBeEmpty?: true;
  /** GIT or WORKSPACE. The job's own default equals an absent value. */
  readonly isSource?: true;
  /** A file or folder. Bundles write it relative to the file that contains the setting. */
  readonly isPath?: true;
  /** The value is never shown. */
  readonly isSecret?: true;
  /** The Terraform provider computes it if it is not set, so it is unknown in plans. */
  readonly isComputed?: true;
  /** The job id of a Run Job task. */
  readonly isJobId?: true;
  /** A JSON string; bundles may write it as YAML. */
  readonly isJson?: true;
}

/** A map of strings with user-defined keys. */
export interface MapShape {
  readonly kind: "map";
  /** Values whose key sounds like a secret are never shown. */
  readonly mayHoldSecrets?: true;
}

/** A list of strings. */
export interface StringsShape {
  readonly kind: "strings";
  /** The order is insignificant. */
  readonly isSet?: true;
  readonly isPath?: true;
}

export interface ObjectShape {
  readonly kind: "object";
  readonly fields: Readonly<Record<string, Shape>>;
  /** An empty object equals an absent one. */
  readonly mayBeDropped?: true;
  /** See {@link ScalarShape}. */
  readonly isComputed?: true;
  /** Fields with a different name in the Terraform provider, by that name. */
  readonly terraform?: Readonly<Record<string, string>>;
}

/** A list of objects. */
export interface ListShape {
  readonly kind: "list";
  readonly of: ObjectShape;
  /** The field that identifies its objects. The order of such lists is insignificant. */
  readonly key?: string;
  /** Its objects have no identity, and their order is insignificant. */
  readonly isSet?: true;
}

/** Any value. */
export interface AnyShape {
  readonly kind: "any";
}

export type Shape = ScalarShape | MapShape | StringsShape | ObjectShape | ListShape | AnyShape;
export type Fields = Readonly<Record<string, Shape>>;

export const text: ScalarShape = { kind: "string" };
export const textOr = (value: string): ScalarShape => ({ kind: "string", default: value });
export const anyText: ScalarShape = { kind: "string", mayBeEmpty: true };
export const path: ScalarShape = { kind: "string", isPath: true };
export const secret: ScalarShape = { kind: "string", isSecret: true };
export const source: ScalarShape = { kind: "string", isSource: true };
export const number: ScalarShape = { kind: "number" };
export const numberOr = (value: number): ScalarShape => ({ kind: "number", default: value });
export const flagOr = (value: boolean): ScalarShape => ({ kind: "boolean", default: value });
export const computed: ScalarShape = { kind: "string", isComputed: true };
export const computedFlag: ScalarShape = { kind: "boolean", default: false, isComputed: true };
export const jobId: ScalarShape = { kind: "string", isJobId: true };
export const json: ScalarShape = { kind: "string", isJson: true };
export const map: MapShape = { kind: "map" };
export const secretMap: MapShape = { kind: "map", mayHoldSecrets: true };
export const strings: StringsShape = { kind: "strings" };
export const stringSet: StringsShape = { kind: "strings", isSet: true };
export const any: AnyShape = { kind: "any" };
export const object = (fields: Fields, terraform?: ObjectShape["terraform"]): ObjectShape => ({
  kind: "object",
  fields,
  ...(terraform && { terraform }),
});
export const droppable = (fields: Fields): ObjectShape => ({
  kind: "object",
  fields,
  mayBeDropped: true,
});
export const list = (fields: Fields): ListShape => ({ kind: "list", of: object(fields) });
export const setOf = (fields: Fields): ListShape => ({
  kind: "list",
  of: object(fields),
  isSet: true,
});
export const keyed = (key: string, of: ObjectShape): ListShape => ({ kind: "list", of, key });
