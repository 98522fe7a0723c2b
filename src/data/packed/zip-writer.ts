import type { FileHandle } from "node:fs/promises";
import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { callbackify } from "node:util";
import { constants, crc32, createDeflateRaw } from "node:zlib";

/** Writes a ZIP archive, one compressed file after another, in little memory. */
export interface ZipWriter {
  /** @throws ZipTooLarge for more than the format without its later extensions can hold */
  add(name: string, chunks: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<void>;
  /** Write the list of the files. The handle stays open. */
  finish(): Promise<void>;
}

/** What four bytes can tell of; larger archives need extensions that not every spreadsheet program reads. */
const maxBytes = 0xffff_fffe;
/** Further effort costs twice the time for a tenth of the size. */
const level = 3;

interface Entry {
  name: Buffer;
  offset: number;
  crc: number;
  packedBytes: number;
  sizeBytes: number;
}

/** @param file open for writing, empty, and not written to by others: headers are filled in when sizes are known */
export function openZip(file: FileHandle): ZipWriter {
  const entries: Entry[] = [];
  let position = 0;

  async function append(bytes: Uint8Array): Promise<void> {
    await writeAll(file, bytes, position);
    position += bytes.byteLength;
    if (position > maxBytes) throw new ZipTooLarge();
  }

  return {
    async add(name, chunks) {
      const entry: Entry = { name: Buffer.from(name), offset: position, crc: 0, packedBytes: 0, sizeBytes: 0 };
      await append(Buffer.concat([header(localSignature, entry), entry.name]));
      const start = position;
      const source = Readable.from(measured(chunks, entry), { objectMode: false });
      const write = callbackify(append);
      const target = new Writable({ write: (chunk: Buffer, _encoding, done) => write(chunk, (cause) => done(cause)) });
      await pipeline(source, createDeflateRaw({ level, memLevel: constants.Z_MAX_MEMLEVEL }), target);
      entry.packedBytes = position - start;
      await writeAll(file, header(localSignature, entry), entry.offset);
      entries.push(entry);
    },
    async finish() {
      const start = position;
      for (const entry of entries) await append(Buffer.concat([header(centralSignature, entry), entry.name]));
      await append(ending(entries.length, start, position - start));
    },
  };
}

/** The archive would have more bytes than its format can count. */
export class ZipTooLarge extends RangeError {
  override message = "the archive is too large for its format";
}

async function* measured(chunks: AsyncIterable<Buffer> | Iterable<Buffer>, entry: Entry): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    entry.crc = crc32(chunk, entry.crc);
    entry.sizeBytes += chunk.byteLength;
    if (entry.sizeBytes > maxBytes) throw new ZipTooLarge();
    yield chunk;
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < bytes.byteLength;) {
    const { bytesWritten } = await file.write(bytes, written, bytes.byteLength - written, position + written);
    written += bytesWritten;
  }
}

const localSignature = 0x0403_4b50;
const centralSignature = 0x0201_4b50;
const endSignature = 0x0605_4b50;
/** Names are UTF-8. */
const flags = 0x0800;
const deflated = 8;
const version = 20;
/** 1 January 1980, where the time of MS-DOS begins: the same rows make the same file. */
const date = 0x0021;

/** https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.7 and 4.3.12 */
function header(signature: number, { name, offset, crc, packedBytes, sizeBytes }: Entry): Buffer {
  const isCentral = signature === centralSignature;
  const bytes = Buffer.alloc(isCentral ? 46 : 30);
  let at = bytes.writeUInt32LE(signature);
  if (isCentral) at = bytes.writeUInt16LE(version, at);
  for (const value of [version, flags, deflated, 0, date]) at = bytes.writeUInt16LE(value, at);
  for (const value of [crc, packedBytes, sizeBytes]) at = bytes.writeUInt32LE(value, at);
  bytes.writeUInt16LE(name.byteLength, at);
  if (isCentral) bytes.writeUInt32LE(offset, 42);
  return bytes;
}

/** 4.3.16 */
function ending(count: number, start: number, sizeBytes: number): Buffer {
  const bytes = Buffer.alloc(22);
  bytes.writeUInt32LE(endSignature);
  bytes.writeUInt16LE(count, 8);
  bytes.writeUInt16LE(count, 10);
  bytes.writeUInt32LE(sizeBytes, 12);
  bytes.writeUInt32LE(start, 16);
  return bytes;
}
