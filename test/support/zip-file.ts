import { crc32, deflateRawSync } from "node:zlib";

export interface ZipMember {
  name: string;
  content: string | Uint8Array;
  stored?: boolean;
  encrypted?: boolean;
  /** What the archive says of the file, where that is not true. */
  claims?: { crc?: number; sizeBytes?: number };
}

/** A zip archive, as small as the format allows. */
export function zipFile(members: readonly ZipMember[], { zip64 = false } = {}): Buffer {
  const pieces: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content, stored = false, encrypted = false, claims = {} } of members) {
    const bytes = Buffer.from(content);
    const packed = stored ? bytes : deflateRawSync(bytes);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(encrypted ? 1 : 0x800, 2);
    fields.writeUInt16LE(stored ? 0 : 8, 4);
    fields.writeUInt32LE(claims.crc ?? crc32(bytes), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(claims.sizeBytes ?? bytes.length, 18);
    fields.writeUInt16LE(Buffer.byteLength(name), 22);
    const entry = Buffer.alloc(14);
    entry.writeUInt32LE(zip64 ? beyond : offset, 10);
    const extra = zip64 ? longFields(bytes.length, packed.length, offset) : Buffer.alloc(0);
    const listed = Buffer.from(fields);
    if (zip64) listed.fill(0xff, 14, 22).writeUInt16LE(extra.length, 24);
    directory.push(Buffer.from([0x50, 0x4b, 1, 2, 20, 0]), listed, entry, Buffer.from(name), extra);
    const local = [Buffer.from([0x50, 0x4b, 3, 4]), fields, Buffer.from(name), packed];
    pieces.push(...local);
    offset += local.reduce((sum, piece) => sum + piece.length, 0);
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(offset, 16);
  if (zip64) end.fill(0xff, 8, 20);
  const longEnd = zip64 ? zip64End(members.length, list.length, offset) : Buffer.alloc(0);
  return Buffer.concat([...pieces, list, longEnd, end]);
}

/** What a field of 32 bits holds where the value is in the fields of 64 bits. */
const beyond = 0xffffffff;

/** The sizes and the place of a file in 64 bits. */
function longFields(...values: number[]): Buffer {
  const extra = Buffer.alloc(4 + 8 * values.length);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(8 * values.length, 2);
  for (const [index, value] of values.entries()) extra.writeBigUInt64LE(BigInt(value), 4 + 8 * index);
  return extra;
}

/** The end of the directory in 64 bits, and where it is. */
function zip64End(count: number, length: number, offset: number): Buffer {
  const record = Buffer.alloc(56);
  record.writeUInt32LE(0x06064b50, 0);
  record.writeBigUInt64LE(44n, 4);
  record.writeUInt16LE(45, 12);
  record.writeUInt16LE(45, 14);
  for (const [index, value] of [count, count, length, offset].entries())
    record.writeBigUInt64LE(BigInt(value), 24 + 8 * index);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(offset + length), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([record, locator]);
}
