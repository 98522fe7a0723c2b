import { closeSync, openSync, readSync } from "node:fs";
import { nodeCrypto } from "../../data/node-crypto.ts";

/*
 * What a server needs of cryptography to find its engine. To load `node:crypto` takes it a fifth as long as Node takes to
 * start, and to compute this here a few hundred microseconds.
 */

const blockBytes = 64;

/** SHA-256 of what is small: https://doi.org/10.6028/NIST.FIPS.180-4 */
export function sha256(bytes: Uint8Array): Buffer {
  const padded = Buffer.alloc((Math.floor((bytes.length + 8) / blockBytes) + 1) * blockBytes);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  padded.writeUInt32BE(Math.floor(bytes.length / 2 ** 29), padded.length - 8);
  padded.writeUInt32BE((bytes.length << 3) >>> 0, padded.length - 4);
  const state = Int32Array.from(firstWords(8, Math.sqrt));
  for (let at = 0; at < padded.length; at += blockBytes) addBlock(state, padded, at);
  const digest = Buffer.alloc(32);
  for (const [index, word] of state.entries()) digest.writeInt32BE(word, index * 4);
  return digest;
}

/** HMAC with SHA-256: https://www.rfc-editor.org/rfc/rfc2104 */
export function hmacSha256(key: Uint8Array, text: string): Buffer {
  const block = Buffer.alloc(blockBytes);
  block.set(key.length > blockBytes ? sha256(key) : key);
  const inner = sha256(Buffer.concat([block.map((byte) => byte ^ 0x36), Buffer.from(text)]));
  return sha256(Buffer.concat([block.map((byte) => byte ^ 0x5c), inner]));
}

/** Whether two texts are the same; how long it takes does not tell where they differ. */
export function isSameText(given: string, wanted: string): boolean {
  if (given.length !== wanted.length) return false;
  let difference = 0;
  for (let at = 0; at < wanted.length; at += 1) difference |= given.charCodeAt(at) ^ wanted.charCodeAt(at);
  return difference === 0;
}

/** Bytes that nobody can guess, of the system's own source. */
export function randomHex(sizeBytes: number): string {
  const bytes = Buffer.alloc(sizeBytes);
  let source: number;
  try {
    source = openSync("/dev/urandom", "r");
  } catch {
    return nodeCrypto().randomBytes(sizeBytes).toString("hex"); // a system that has it under another name
  }
  try {
    if (readSync(source, bytes) !== sizeBytes) throw new Error("/dev/urandom gave too little");
  } finally {
    closeSync(source);
  }
  return bytes.toString("hex");
}

/** The first 32 bits of the fractional parts of the roots of the first primes. */
function firstWords(count: number, root: (prime: number) => number): number[] {
  const primes: number[] = [];
  for (let next = 2; primes.length < count; next += 1)
    if (primes.every((prime) => next % prime !== 0)) primes.push(next);
  return primes.map((prime) => Math.floor((root(prime) % 1) * 2 ** 32));
}

const rounds = 64;
const constants = Int32Array.from(firstWords(rounds, Math.cbrt));

function addBlock(state: Int32Array, bytes: Buffer, at: number): void {
  const words = new Int32Array(rounds);
  for (let index = 0; index < 16; index += 1) words[index] = bytes.readInt32BE(at + index * 4);
  for (let index = 16; index < rounds; index += 1) {
    const x = words[index - 15] ?? 0;
    const y = words[index - 2] ?? 0;
    const low = rotated(x, 7) ^ rotated(x, 18) ^ (x >>> 3);
    const high = rotated(y, 17) ^ rotated(y, 19) ^ (y >>> 10);
    words[index] = (words[index - 16] ?? 0) + low + (words[index - 7] ?? 0) + high;
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let index = 0; index < rounds; index += 1) {
    const choice = (e & f) ^ (~e & g);
    const mixedE = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25);
    const first = (h + mixedE + choice + (constants[index] ?? 0) + (words[index] ?? 0)) | 0;
    const majority = (a & b) ^ (a & c) ^ (b & c);
    const mixedA = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22);
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + mixedA + majority) | 0;
  }
  for (const [index, word] of [a, b, c, d, e, f, g, h].entries()) state[index] = (state[index] ?? 0) + word;
}

function rotated(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by));
}
