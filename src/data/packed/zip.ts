import type { FileHandle } from "node:fs/promises";
import { crc32 } from "node:zlib";
import type * as Yauzl from "yauzl";
import type { Entry, ZipFile } from "yauzl";
import { systemErrorCode, ToolError } from "../../errors.ts";
import { didYouMean } from "../../text/nearest.ts";
import { cutText } from "../../text/text.ts";

/** What a zip archive holds. It is read as long as its file is open, and needs no closing of its own. */
export interface Zip {
  /** The names of its files as they are written in it; nothing is ever unpacked under them. */
  names: string[];
  /** Names that lead out of the archive, such as `../a.csv`: nothing is read under them. */
  unsafeNames: string[];
  /** The bytes of a file, checked. @throws ToolError `not_found`, `unreadable`, `too_large` */
  read(name: string): AsyncGenerator<Uint8Array>;
}

const maxEntries = 10_000;
/** Text that is packed a thousandfold, and is long, was made to fill a disk. */
const maxRatio = 200;
const unsuspiciousBytes = 1024 ** 3;

/**
 * @param shown what messages call the archive
 * @throws ToolError `unreadable` for a damaged archive, `too_large` for one of too many files
 */
export async function openZip(handle: FileHandle, shown: string): Promise<Zip> {
  const { fromFdPromise, ...names } = await import("yauzl");
  // with names decoded, an unsafe one would end the list of all
  const options = { autoClose: false, lazyEntries: true, decodeStrings: false };
  const zip = await explained(shown, () => fromFdPromise(handle.fd, options));
  const { entries, unsafeNames } = await explained(shown, () => entriesOf(zip, shown, names));
  return {
    names: [...entries.keys()],
    unsafeNames,
    async *read(name) {
      const entry = entries.get(name);
      if (unsafeNames.includes(name)) throw unsafe(name, shown);
      if (entry === undefined) throw missing(name, [...entries.keys()], shown);
      checkEntry(entry, name, shown);
      const stream = await explained(shown, () => zip.openReadStreamPromise(entry));
      let checksum = 0;
      try {
        for await (const chunk of stream) {
          checksum = crc32(chunk as Uint8Array, checksum);
          yield chunk as Uint8Array;
        }
      } catch (thrown) {
        throw damaged(thrown, shown);
      } finally {
        stream.destroy();
      }
      if (checksum !== entry.crc32) throw damaged(new Error("a checksum does not fit"), shown);
    },
  };
}

type NameReading = Pick<typeof Yauzl, "getFileNameLowLevel" | "validateFileName">;

async function entriesOf(zip: ZipFile, shown: string, { getFileNameLowLevel, validateFileName }: NameReading) {
  const entries = new Map<string, Entry>();
  const unsafeNames: string[] = [];
  let count = 0;
  for await (const entry of zip.eachEntry()) {
    count += 1;
    if (count > maxEntries)
      throw new ToolError("too_large", `'${shown}' holds more than ${maxEntries} files and folders; unpack it`);
    const name = getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, false);
    if (validateFileName(name) !== null) unsafeNames.push(name);
    else if (!name.endsWith("/")) entries.set(name, entry);
  }
  return { entries, unsafeNames };
}

function unsafe(name: string, shown: string): ToolError {
  const message = `the name of '${cutText(name, 200)}' leads out of '${shown}', and is not read; pack it again under a plain name`;
  return new ToolError("not_allowed", message);
}

function checkEntry(entry: Entry, name: string, shown: string): void {
  const what = `'${name}' in '${shown}'`;
  if (entry.isEncrypted())
    throw new ToolError("unreadable", `${what} is encrypted with a password; unpack it, or save it without one`);
  if (!entry.canDecodeFileData()) {
    const method = entry.compressionMethod;
    throw new ToolError("unreadable", `${what} is compressed in a way that is rare (method ${method}); pack it again`);
  }
  if (entry.uncompressedSize < unsuspiciousBytes || entry.uncompressedSize < entry.compressedSize * maxRatio) return;
  const gigabytes = Math.round(entry.uncompressedSize / unsuspiciousBytes);
  throw new ToolError(
    "too_large",
    `${what} would unpack to ${gigabytes} GB out of next to nothing; unpack it yourself`,
  );
}

const maxListed = 20;

function missing(name: string, names: readonly string[], shown: string): ToolError {
  return new ToolError(
    "not_found",
    `there is no '${cutText(name, 200)}' in '${shown}'${didYouMean(name, names)}; it holds ${listed(names)}`,
  );
}

/** Names in a message. */
export function listed(names: readonly string[]): string {
  const more = names.length > maxListed ? ` and ${names.length - maxListed} more` : "";
  const first = names.slice(0, maxListed).map((name) => `'${cutText(name, 100)}'`);
  return names.length === 0 ? "nothing" : `${first.join(", ")}${more}`;
}

async function explained<Result>(shown: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (thrown) {
    throw damaged(thrown, shown);
  }
}

/** What yauzl says of an archive; failures of the system as they came. */
function damaged(thrown: unknown, shown: string): unknown {
  const code = systemErrorCode(thrown);
  if (thrown instanceof ToolError || (code !== undefined && !/^(Z|ERR_Z)/.test(code))) return thrown;
  if (!(thrown instanceof Error)) return thrown;
  return new ToolError(
    "unreadable",
    `'${shown}' is no whole zip archive: ${cutText(thrown.message, 200)}; get it again`,
    {
      cause: thrown,
    },
  );
}
