import { createSocket } from "node:dgram";
import dns, { Resolver, type LookupAddress, type LookupOptions } from "node:dns";
import { syncBuiltinESMExports } from "node:module";
import ipaddr from "ipaddr.js";

/** A record without its name: an address of IPv4 or IPv6, or the name that this one stands for. */
export type DnsAnswer = { type: "A" | "AAAA" | "CNAME"; value: string };

export interface DnsServer {
  /** `127.0.0.1:PORT` */
  address: string;
  /** `TYPE NAME` of each question, in order. */
  asked: string[];
  close(): Promise<void>;
}

const types = { A: 1, CNAME: 5, AAAA: 28 } as const;

/**
 * A name server on UDP that answers what it is told to, differently each time if so wanted; nothing it says may be kept.
 *
 * @param answer the records of a name at the `visit`th question for its type, counted from 0; undefined: no such name
 */
export async function openDnsServer(
  answer: (name: string, visit: number) => DnsAnswer[] | undefined,
): Promise<DnsServer> {
  const asked: string[] = [];
  const socket = createSocket("udp4");
  socket.on("message", (query, from) => {
    const { name, type, end } = readQuestion(query);
    const typeName = Object.entries(types).find(([, code]) => code === type)?.[0] ?? String(type);
    const question = `${typeName} ${name}`;
    const records = answer(name, asked.filter((one) => one === question).length);
    asked.push(question);
    const told = (records ?? []).filter((record) => record.type === typeName || record.type === "CNAME");
    socket.send(writeReply(query.subarray(0, end), told, records === undefined), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

/** https://www.rfc-editor.org/rfc/rfc1035#section-4.1.2 */
function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join(".").toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function writeReply(question: Buffer, records: readonly DnsAnswer[], isUnknown: boolean): Buffer {
  const head = Buffer.from(question);
  head.writeUInt16BE(isUnknown ? 0x8183 : 0x8180, 2);
  head.writeUInt16BE(records.length, 6);
  head.writeUInt32BE(0, 8); // neither authorities nor additions, such as a query may have
  let owner: Buffer = Buffer.from([0xc0, 12]); // the name of the question, by reference
  const written = records.map(({ type, value }) => {
    const content = type === "CNAME" ? nameOf(value) : Buffer.from(ipaddr.parse(value).toByteArray());
    const fixed = Buffer.alloc(10); // class IN below, TTL 0
    fixed.writeUInt16BE(types[type], 0);
    fixed.writeUInt16BE(1, 2);
    fixed.writeUInt16BE(content.byteLength, 8);
    const record = Buffer.concat([owner, fixed, content]);
    if (type === "CNAME") owner = content;
    return record;
  });
  return Buffer.concat([head, ...written]);
}

function nameOf(name: string): Buffer {
  const labels = name.split(".").map((label) => Buffer.from([label.length, ...Buffer.from(label, "latin1")]));
  return Buffer.concat([...labels, Buffer.from([0])]);
}

type Callback = (failure: Error | null, addresses: LookupAddress[] | string, family?: number) => void;

/**
 * Have this process look every name up at a name server, as a machine does whose resolver points there. Gives what undoes
 * it. getaddrinfo itself reads /etc/resolv.conf alone, which only root may change.
 */
export function resolveThrough(address: string): () => void {
  const usual = dns.lookup;
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  resolver.setServers([address]);
  replaceLookup((host, options, callback) => {
    resolver.resolve4(host, (failure4, found4) => {
      resolver.resolve6(host, (failure6, found6) => {
        const v4 = (failure4 === null ? found4 : []).map((one) => ({ address: one, family: 4 }));
        const v6 = (failure6 === null ? found6 : []).map((one) => ({ address: one, family: 6 }));
        const all = [...v4, ...v6];
        const failure = failure4 ?? failure6;
        if (all.length === 0) return callback(failure ?? new Error(`no address of ${host}`), []);
        if (options.all === true) return callback(null, all);
        callback(null, all[0]?.address ?? "", all[0]?.family);
      });
    });
  });
  return () => {
    dns.lookup = usual;
    syncBuiltinESMExports();
  };
}

/** Let something else look names up for this process. */
export function replaceLookup(lookup: (host: string, options: LookupOptions, callback: Callback) => void): void {
  dns.lookup = lookup as typeof dns.lookup;
  syncBuiltinESMExports();
}
