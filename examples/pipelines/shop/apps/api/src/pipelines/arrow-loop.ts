// The loop between pgmason and a transform: record batches come as an Arrow stream on standard input, and each is
// answered with one on standard output, in order. Nothing else may be written to standard output; console.error is free.
import { basename } from "node:path";
import {
  Bool, type Data, DataType, Field, Float64, Int32, Int64, RecordBatch, RecordBatchReader, RecordBatchStreamWriter,
  Schema, Struct, TimeUnit, TimestampMicrosecond, Utf8, makeData, vectorFromArray,
} from "apache-arrow";

/** A row: a column's name to its value. Whole numbers of 64 bits are bigint; decimals, dates and times are text with
 *  all their digits (`"12.50"`, `"2026-01-31"`, `"2026-01-31T12:00:00.000001Z"`), since a Date ends at milliseconds. */
export type Row = Record<string, unknown>;

/** The types that a transform can give. What has no type of its own here (numeric, uuid, date, json) goes as text,
 *  which PostgreSQL reads into the column's type; a timestamptz is ISO 8601 text or a Date. */
export type ColumnType = "text" | "integer" | "bigint" | "double" | "boolean" | "timestamptz";

/** The columns that a transform gives, each with its type. */
export type Columns = Record<string, ColumnType>;

export type Transform = (rows: Row[]) => Row[] | Promise<Row[]>;

/** Set in a row, it sends the row to the quarantine with this reason. Name columns in it, no values. */
export const SET_ASIDE = "pgmason_set_aside";

const TYPES: Record<ColumnType, () => DataType> = {
  text: () => new Utf8(),
  integer: () => new Int32(),
  bigint: () => new Int64(),
  double: () => new Float64(),
  boolean: () => new Bool(),
  timestamptz: () => new TimestampMicrosecond("UTC"),
};

/** Answers every batch until standard input ends. */
export async function serve(columns: Columns, transform: Transform): Promise<void> {
  const schema = schemaOf(columns);
  const reader = await RecordBatchReader.from(process.stdin);
  const writer = new RecordBatchStreamWriter();
  const sent = send(writer);
  for await (const batch of reader) {
    writer.write(batchOf(await transform(rowsOf(batch as RecordBatch)), columns, schema));
  }
  writer.finish();
  await sent;
}

/** Whether node was started with the file of this name, and it was not imported by a test. */
export function isMain(name: string): boolean {
  return basename(process.argv[1] ?? "").replace(/\.[cm]?[jt]s$/, "") === name;
}

async function send(writer: RecordBatchStreamWriter): Promise<void> {
  for await (const chunk of writer) {
    if (!process.stdout.write(chunk)) {
      await new Promise<void>((resolve) => process.stdout.once("drain", () => resolve()));
    }
  }
}

function schemaOf(columns: Columns): Schema {
  const fields = Object.entries(columns).map(([name, type]) => new Field(name, TYPES[type](), true));
  return new Schema([...fields, new Field(SET_ASIDE, new Utf8(), true)]);
}

function rowsOf(batch: RecordBatch): Row[] {
  const rows: Row[] = Array.from({ length: batch.numRows }, () => ({}));
  batch.schema.fields.forEach((field, i) => {
    const values = batch.getChildAt(i);
    const raw = values?.data[0]?.values as ArrayLike<number | bigint> | undefined;
    const read = reading(field.type);
    rows.forEach((row, n) => {
      const value: unknown = values?.get(n) ?? null;
      row[field.name] = value === null ? null : read(value, raw?.[n]);
    });
  });
  return rows;
}

function reading(type: DataType): (value: unknown, raw: number | bigint | undefined) => unknown {
  if (DataType.isTimestamp(type)) {
    const micros = [1_000_000n, 1_000n, 1n][type.unit];
    return (_, raw) => {
      const whole = BigInt(raw ?? 0);
      // nanoseconds are more than PostgreSQL keeps
      return instant(type.unit === TimeUnit.NANOSECOND ? whole / 1_000n : whole * (micros ?? 1n), Boolean(type.timezone));
    };
  }
  if (DataType.isDate(type)) return (value) => new Date(Number(value)).toISOString().slice(0, 10);
  if (DataType.isTime(type)) {
    const perSecond = [1n, 1_000n, 1_000_000n, 1_000_000_000n][type.unit] ?? 1n;
    return (_, raw) => instant((BigInt(raw ?? 0) * 1_000_000n) / perSecond, false).slice(11);
  }
  if (DataType.isDecimal(type)) return (value) => decimal(value as Uint32Array, type.scale);
  return (value) => value;
}

/** Microseconds since 1970 as ISO 8601. */
function instant(micros: bigint, zoned: boolean): string {
  const part = ((micros % 1_000n) + 1_000n) % 1_000n;
  const text = new Date(Number((micros - part) / 1_000n)).toISOString().slice(0, -1);
  return `${text}${part.toString().padStart(3, "0")}${zoned ? "Z" : ""}`;
}

/** A decimal of 32-bit words, the lowest first, as text. */
function decimal(words: Uint32Array, scale: number): string {
  const bits = words.reduceRight((sum, word) => (sum << 32n) | BigInt(word), 0n);
  const signed = BigInt.asIntN(words.length * 32, bits);
  const digits = (signed < 0n ? -signed : signed).toString().padStart(scale + 1, "0");
  const text = scale > 0 ? `${digits.slice(0, -scale)}.${digits.slice(-scale)}` : digits;
  return signed < 0n ? `-${text}` : text;
}

function batchOf(rows: Row[], columns: Columns, schema: Schema): RecordBatch {
  for (const name of new Set(rows.flatMap((row) => Object.keys(row)))) {
    if (!(name in columns) && name !== SET_ASIDE) {
      throw new Error(`the transform gave ${name}, which is none of its columns: ${Object.keys(columns).join(", ")}`);
    }
  }
  const children = schema.fields.map((field) => {
    const type = columns[field.name] ?? "text";
    const given = rows.map((row) => row[field.name] ?? null);
    if (type === "timestamptz") return timestamps(given, field);
    const values = given.map((value) => (value === null ? null : written(value, type, field.name)));
    return vectorFromArray(values, field.type).data[0] ?? makeData({ type: field.type });
  });
  const data = makeData({ type: new Struct(schema.fields), length: rows.length, nullCount: 0, children });
  return new RecordBatch(schema, data);
}

function written(value: unknown, type: ColumnType, name: string): unknown {
  if (type === "text") {
    if (value instanceof Date) return value.toISOString();
    return typeof value === "object" ? JSON.stringify(value) : String(value);
  }
  if (type === "bigint") return BigInt(value as number | bigint | string);
  if (type === "boolean" && typeof value !== "boolean") throw new Error(`${name} is no boolean`);
  if (type === "double" && typeof value !== "number") throw new Error(`${name} is no number`);
  if (type === "integer" && !(Number.isInteger(value) && Math.abs(value as number) < 2 ** 31)) {
    throw new Error(`${name} is no integer`);
  }
  return value;
}

const INSTANT = /^(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2})(?:\.(\d{1,6}))?(Z|[+-]\d{2}:?\d{2})$/;

function timestamps(given: unknown[], field: Field): Data {
  const values = new BigInt64Array(given.length);
  const nullBitmap = new Uint8Array(Math.ceil(given.length / 8));
  given.forEach((value, n) => {
    if (value === null) return;
    values[n] = micros(value, field.name);
    nullBitmap[n >> 3] = (nullBitmap[n >> 3] ?? 0) | (1 << (n & 7));
  });
  const nullCount = given.filter((value) => value === null).length;
  return makeData({ type: field.type as TimestampMicrosecond, length: given.length, nullCount, data: values, nullBitmap });
}

function micros(value: unknown, name: string): bigint {
  if (value instanceof Date) return BigInt(value.getTime()) * 1_000n;
  const [, when, fraction = "", zone] = INSTANT.exec(String(value)) ?? [];
  if (when === undefined) throw new Error(`${name} is no timestamp with its offset from UTC`);
  return BigInt(new Date(`${when}${zone}`).getTime()) * 1_000n + BigInt(fraction.padEnd(6, "0"));
}
