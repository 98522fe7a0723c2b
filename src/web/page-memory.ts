import { log } from "../log.ts";
import { openBodyFile, type BodyFile, type HeldBytes } from "./body-file.ts";
import { openByteRoom, type ByteRoom, type Place } from "./byte-room.ts";

/** What all pages of a scraper may hold, from the first byte of a large body until its row is written. */
export interface PageMemory {
  /** On disk: large bodies on their way, and those that wait to be read. */
  bodies: ByteRoom;
  openFile(): Promise<BodyFile>;
  /** Pages that are read, and what came of them until it is written. */
  pages: ByteRoom;
  /** Look again whether someone may go on, after another page has become the first of its run. */
  recheck(): void;
}

/** A page of 10 MB may take 170 MB while it is read, and the processes take 105 MB: there is room for one more of them. */
const maxReadBytes = 10_000_000;

/** Of the disk, whatever many and slow servers send. */
const maxBodyBytes = 1_000_000_000;

/** @param folderForFiles where large bodies lie, without names. Default: where the system has such files */
export function openPageMemory(folderForFiles?: () => Promise<string>): PageMemory {
  const bodies = openByteRoom(maxBodyBytes);
  const pages = openByteRoom(maxReadBytes);
  return {
    bodies,
    pages,
    async openFile() {
      const folder = await folderForFiles?.().catch((thrown: unknown) => {
        log.debug("large pages are received into files of the system's temporary folder", thrown);
        return undefined;
      });
      return openBodyFile(folder);
    },
    recheck() {
      pages.recheck();
      bodies.recheck();
    },
  };
}

/** What one page holds. Each step waits for its room, and throws the signal's reason once that aborts. */
export interface Holding {
  /** Before a body is received of which so many bytes may come, and again before more do. */
  receive(bytes: number): Promise<void>;
  /** Where that body is received into. @throws ToolError `unavailable` */
  file(): Promise<BodyFile>;
  /** Hold a body that was there already. */
  adopt(body: HeldBytes): void;
  /** The body is not needed any more. */
  dropBody(): void;
  /** The body is there, with so many bytes. */
  received(bytes: number): void;
  /** Before a body is read that comes to so many bytes. */
  read(bytes: number): Promise<void>;
  /** From now on only the result is there. */
  keep(bytes: number): void;
  /** Nothing is there any more. */
  leave(): void;
}

/** What the pages of one run hold; all of it goes with the run. */
export interface RunMemory {
  /** @param isFirst whether pages that are read already wait for this one */
  open(isFirst: () => boolean): Holding;
  leave(): void;
}

export function openRunMemory({ bodies, pages, openFile }: PageMemory, signal: AbortSignal): RunMemory {
  const held = new Set<Holding>();
  return {
    open(isFirst) {
      let body: Place | undefined;
      let page: Place | undefined;
      let file: BodyFile | undefined;
      let adopted: HeldBytes | undefined;
      let hasLeft = false;
      const holding: Holding = {
        async receive(bytes) {
          if (body === undefined) body = await bodies.enter({ bytes, isFirst }, signal);
          else await body.grow(bytes, signal);
        },
        async file() {
          file ??= await openFile();
          if (hasLeft) file.close();
          return file;
        },
        adopt: (bytes) => void (adopted = bytes),
        dropBody() {
          file?.close();
          adopted?.close();
          file = undefined;
          body?.leave();
          body = undefined;
        },
        received: (bytes) => body?.resize(bytes),
        async read(bytes) {
          page = await pages.enter({ bytes, isFirst }, signal);
        },
        keep: (bytes) => page?.resize(bytes),
        leave() {
          hasLeft = true;
          holding.dropBody();
          page?.leave();
          held.delete(holding);
        },
      };
      held.add(holding);
      return holding;
    },
    leave() {
      for (const holding of held) holding.leave();
    },
  };
}
