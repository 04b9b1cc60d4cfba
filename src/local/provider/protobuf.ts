/**
 * Encodes and decodes Protocol Buffers messages from tables of fields, without `.proto` files. `@bufbuild/protobuf`
 * implements the wire format.
 */
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

type Scalar = "bytes" | "string" | "bool" | "int32" | "int64";

/**
 * Fields by name, each with type and number. A type is a scalar or the name of a message. The prefix `*` means
 * repeated; `map:` means a map from strings to messages.
 */
export type Fields = Readonly<Record<string, readonly [type: string, number: number]>>;
export type Messages = Readonly<Record<string, Fields>>;
export type Message = Readonly<Record<string, unknown>>;

const SCALARS: Readonly<
  Record<
    Scalar,
    {
      readonly wireType: WireType;
      /** The value of an absent field. */
      readonly absent: () => unknown;
      readonly read: (reader: BinaryReader) => unknown;
      readonly write: (writer: BinaryWriter, value: never) => unknown;
    }
  >
> = {
  bytes: {
    wireType: WireType.LengthDelimited,
    absent: () => new Uint8Array(),
    read: (reader) => reader.bytes(),
    write: (writer, value: Uint8Array) => writer.bytes(value),
  },
  string: {
    wireType: WireType.LengthDelimited,
    absent: () => "",
    read: (reader) => reader.string(),
    write: (writer, value: string) => writer.string(value),
  },
  bool: {
    wireType: WireType.Varint,
    absent: () => false,
    read: (reader) => reader.bool(),
    write: (writer, value: boolean) => writer.bool(value),
  },
  int32: {
    wireType: WireType.Varint,
    absent: () => 0,
    read: (reader) => reader.int32(),
    write: (writer, value: number) => writer.int32(value),
  },
  // Used for versions, indexes and counts, which fit into a number.
  int64: {
    wireType: WireType.Varint,
    absent: () => 0,
    read: (reader) => Number(reader.int64()),
    write: (writer, value: number) => writer.int64(value),
  },
};

function isScalar(type: string): type is Scalar {
  return Object.hasOwn(SCALARS, type);
}

function kindOf(type: string): { kind: "single" | "repeated" | "map"; of: string } {
  if (type.startsWith("*")) return { kind: "repeated", of: type.slice(1) };
  if (type.startsWith("map:")) return { kind: "map", of: type.slice("map:".length) };
  return { kind: "single", of: type };
}

function fieldsOf(messages: Messages, name: string): Fields {
  const fields = messages[name];
  if (fields === undefined) throw new Error(`no message ${name}`);
  return fields;
}

/** Encodes a message. Skips fields that are undefined or null. */
export function encodeMessage(messages: Messages, name: string, message: Message): Uint8Array {
  return writeFields(messages, fieldsOf(messages, name), message, new BinaryWriter()).finish();
}

function writeFields(
  messages: Messages,
  fields: Fields,
  message: Message,
  writer: BinaryWriter,
): BinaryWriter {
  for (const [name, [type, number]] of Object.entries(fields)) {
    const value = message[name];
    if (value === undefined || value === null) continue;
    const { kind, of } = kindOf(type);
    if (kind === "map") {
      for (const [key, member] of Object.entries(value)) {
        writer.tag(number, WireType.LengthDelimited).fork();
        writer.tag(1, WireType.LengthDelimited).string(key);
        writeValue(messages, of, 2, member, writer);
        writer.join();
      }
      continue;
    }
    const values = kind === "repeated" ? (value as readonly unknown[]) : [value];
    for (const one of values) writeValue(messages, of, number, one, writer);
  }
  return writer;
}

function writeValue(
  messages: Messages,
  type: string,
  number: number,
  value: unknown,
  writer: BinaryWriter,
): void {
  if (isScalar(type)) {
    const { wireType, write } = SCALARS[type];
    write(writer.tag(number, wireType), value as never);
    return;
  }
  writer.tag(number, WireType.LengthDelimited).fork();
  writeFields(messages, fieldsOf(messages, type), value as Message, writer).join();
}

/**
 * Decodes a message. An absent field has the zero value of its type; an absent message is null. Skips fields that the
 * table lacks.
 *
 * @throws {Error} if the bytes are not a complete message
 */
export function decodeMessage(messages: Messages, name: string, bytes: Uint8Array): Message {
  const fields = fieldsOf(messages, name);
  const result: Record<string, unknown> = {};
  const byNumber = new Map<number, readonly [string, string]>();
  for (const [field, [type, number]] of Object.entries(fields)) {
    byNumber.set(number, [field, type]);
    const { kind, of } = kindOf(type);
    if (kind === "single") result[field] = isScalar(of) ? SCALARS[of].absent() : null;
    else result[field] = kind === "map" ? {} : [];
  }
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    const [field, type] = byNumber.get(number) ?? [];
    if (field === undefined || type === undefined) {
      reader.skip(wireType, number);
      continue;
    }
    const { kind, of } = kindOf(type);
    if (kind === "map") throw new Error(`${name}.${field}: maps are only written`);
    const value = isScalar(of)
      ? SCALARS[of].read(reader)
      : decodeMessage(messages, of, reader.bytes());
    if (kind === "repeated") (result[field] as unknown[]).push(value);
    else result[field] = value;
  }
  return result;
}
