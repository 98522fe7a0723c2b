import { openByteRoom, type ByteRoom, type Place } from "./byte-room.ts";

/** What all pages of a scraper may hold of the memory, from the first byte of a large body until its row is written. */
export interface PageMemory {
  /** Bodies on their way, and those that wait to be read. */
  bodies: ByteRoom;
  /** Pages that are read, and what came of them until it is written. */
  pages: ByteRoom;
  /** Look again whether someone may go on, after another page has become the first of its run. */
  recheck(): void;
}

/** A page of 10 MB may take 170 MB while it is read, and the processes take 105 MB: there is room for one more of them. */
const maxBodyBytes = 10_000_000;
const maxReadBytes = 10_000_000;

export function openPageMemory(): PageMemory {
  const bodies = openByteRoom(maxBodyBytes);
  const pages = openByteRoom(maxReadBytes);
  return {
    bodies,
    pages,
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
  /** The body is thrown away: it will be asked for again. */
  startAgain(): void;
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

export function openRunMemory({ bodies, pages }: PageMemory, signal: AbortSignal): RunMemory {
  const held = new Set<Holding>();
  return {
    open(isFirst) {
      let body: Place | undefined;
      let page: Place | undefined;
      const holding: Holding = {
        async receive(bytes) {
          if (body === undefined) body = await bodies.enter({ bytes, isFirst }, signal);
          else await body.grow(bytes, signal);
        },
        startAgain() {
          body?.leave();
          body = undefined;
        },
        received: (bytes) => body?.resize(bytes),
        async read(bytes) {
          page = await pages.enter({ bytes, isFirst }, signal);
          body?.leave();
        },
        keep: (bytes) => page?.resize(bytes),
        leave() {
          body?.leave();
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
