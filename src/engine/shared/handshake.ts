import type { Duplex } from "node:stream";
import { AxonerError } from "../../errors.ts";
import { isJsonObject, type JsonObject } from "../../message.ts";
import { send } from "../frames.ts";
import { hmacSha256, isSameText, randomHex } from "./digest.ts";

/*
 * Before anything else, both ends prove that they have read the engine's token, and neither shows it:
 *
 *   front:   {hello: nonce}
 *   engine:  {nonce, proof: HMAC(token, "engine", both nonces)}
 *   front:   {purpose, proof: HMAC(token, "front", both nonces, purpose)}
 */

/** What a connection is for. */
export const purposes = ["serve", "status", "stop", "retire"] as const;
export type Purpose = (typeof purposes)[number];

/** How long either end waits for the other's proof. */
const deadlineMs = 5_000;
const maxLineBytes = 1_024;
const nonceBytes = 16;

class HandshakeError extends AxonerError {
  override name = "HandshakeError";
}

/** Nothing came from the other end, which is there. */
export class SilentError extends HandshakeError {
  override name = "SilentError";
}

/** @throws HandshakeError where the other end is no engine that has this token, or says nothing in time */
export async function greetEngine(stream: Duplex, token: Buffer, purpose: Purpose): Promise<void> {
  const hello = randomHex(nonceBytes);
  send(stream, { hello });
  const { nonce, proof } = await readFrame(stream);
  if (!isNonce(nonce) || !isProof(proof, proofOf(token, ["engine", hello, nonce])))
    throw new HandshakeError("what listens there does not have the engine's token");
  send(stream, { purpose, proof: proofOf(token, ["front", hello, nonce, purpose]) });
}

/** @throws HandshakeError where the other end does not have the token, or says nothing in time */
export async function greetFront(stream: Duplex, token: Buffer): Promise<Purpose> {
  const { hello } = await readFrame(stream);
  if (!isNonce(hello)) throw new HandshakeError("it did not greet");
  const nonce = randomHex(nonceBytes);
  send(stream, { nonce, proof: proofOf(token, ["engine", hello, nonce]) });
  const { purpose: given, proof } = await readFrame(stream);
  const purpose = purposes.find((known) => known === given);
  if (purpose === undefined || !isProof(proof, proofOf(token, ["front", hello, nonce, purpose])))
    throw new HandshakeError("it does not have the token");
  return purpose;
}

function proofOf(token: Buffer, parts: readonly string[]): string {
  return hmacSha256(token, JSON.stringify(parts)).toString("hex");
}

function isProof(given: unknown, wanted: string): boolean {
  return typeof given === "string" && isSameText(given, wanted);
}

function isNonce(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{32}$/.test(value);
}

/** The next line alone; what follows it stays in the stream, for whoever reads next. */
export async function readFrame(stream: Duplex): Promise<JsonObject> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let text = Buffer.alloc(0);
  const fail = () => reject(new HandshakeError("the connection ended before the proof"));
  const read = () => {
    for (let piece: unknown = stream.read(); piece !== null; piece = stream.read()) {
      if (!Buffer.isBuffer(piece)) return fail();
      text = Buffer.concat([text, piece]);
      const end = text.indexOf("\n");
      if (end >= 0) {
        stream.off("readable", read); // before anything is given back, which would be read again
        if (end + 1 < text.length) stream.unshift(text.subarray(end + 1));
        return resolve(text.toString("utf8", 0, end));
      }
      if (text.length > maxLineBytes) return fail();
    }
  };
  const late = setTimeout(() => reject(new SilentError(`no proof came in ${deadlineMs} ms`)), deadlineMs);
  const ending = ["end", "close", "error"] as const;
  for (const event of ending) stream.on(event, fail);
  stream.on("readable", read);
  try {
    read();
    const line: unknown = parse(await promise);
    if (!isJsonObject(line)) throw new HandshakeError("it does not speak as axoner does");
    return line;
  } finally {
    clearTimeout(late);
    stream.off("readable", read);
    for (const event of ending) stream.off(event, fail);
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
