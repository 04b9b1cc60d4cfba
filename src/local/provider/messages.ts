/** The protocol's messages, and conversions from provider types to them. */
import { encodeMsgpack, type Obj, type Path } from "./cty";
import type { Diagnostic } from "./diagnostic";
import type { AttributeType, Block, Schema } from "./schema";

export interface DynamicValue {
  readonly msgpack: Uint8Array;
}

export function dynamicValue(value: Obj | null): DynamicValue {
  return { msgpack: encodeMsgpack(value) };
}

const SEVERITIES = { error: 1, warning: 2 };

export function diagnosticMessage(diagnostic: Diagnostic): object {
  const { severity, summary, detail, path } = diagnostic;
  return {
    severity: SEVERITIES[severity],
    summary,
    detail,
    ...(path.length > 0 ? { attribute: pathMessage(path) } : {}),
  };
}

export function pathMessage(path: Path): object {
  return {
    steps: path.map((step) =>
      typeof step === "number" ? { element_key_int: step } : { attribute_name: step },
    ),
  };
}

const NESTING = { single: 1, list: 2, set: 3 };

export function schemaMessage(schema: Schema): object {
  return { version: schema.version, block: blockMessage(schema.block) };
}

function blockMessage(block: Block): object {
  return {
    attributes: [...block.attributes].map(([name, attribute]) => ({
      name,
      type: Buffer.from(JSON.stringify(typeMessage(attribute.type))),
      required: attribute.required,
      optional: attribute.optional,
      computed: attribute.computed,
      sensitive: attribute.sensitive,
      deprecated: attribute.deprecated !== undefined,
    })),
    block_types: [...block.blocks].map(([name, nested]) => ({
      type_name: name,
      block: blockMessage(nested.block),
      nesting: NESTING[nested.nesting],
      min_items: nested.minItems,
      max_items: nested.maxItems,
    })),
  };
}

/** `list(string)` is `["list","string"]` on the wire. */
function typeMessage(type: AttributeType): unknown {
  const match = /^(\w+)\((\w+)\)$/.exec(type);
  return match === null ? type : [match[1], match[2]];
}
