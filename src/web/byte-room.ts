import { onAbort } from "../on-abort.ts";

/** Bounds how many bytes are held at a time. Whoever needs more than there is room for is alone. */
export interface ByteRoom {
  /**
   * Wait for room, first come, first served.
   *
   * @throws the signal's reason once it aborts
   */
  enter(entry: Entry, signal: AbortSignal): Promise<Place>;
  /** Look again whether someone may enter, after `isFirst` has changed for one. */
  recheck(): void;
}

export interface Entry {
  bytes: number;
  /** Whether others inside may wait for this one: then it enters although the room is full, one such at a time. */
  isFirst: () => boolean;
}

/** What someone holds. */
export interface Place {
  /**
   * Hold more. Those inside would wait for each other: one at a time gets it although the room is full.
   *
   * @throws as `enter`
   */
  grow(bytes: number, signal: AbortSignal): Promise<void>;
  /** Hold less, or what cannot be helped. */
  resize(bytes: number): void;
  /** The second time does nothing. */
  leave(): void;
}

/** Two may be inside although the room is full: one that others wait for, and one that has grown. */
type Exception = "first" | "grown";
const exceptionKinds = 2;

interface Waiting {
  bytes: number;
  isFirst: () => boolean;
  grows: boolean;
  enter: (exception: Exception | undefined) => void;
}

export function openByteRoom(maxBytes: number): ByteRoom {
  const waiting: Waiting[] = [];
  const room: Room = { taken: 0, exceptions: new Set() };

  function admit(): void {
    for (let one = waiting[0]; one !== undefined && isFree(one); one = waiting[0]) letIn(0, one);
  }

  function isFree({ bytes }: Waiting): boolean {
    return room.taken === 0 || room.taken + bytes <= maxBytes;
  }

  /** Hundreds may wait: they are asked when one of them may have become an exception, not whenever someone leaves. */
  function recheck(): void {
    admit();
    for (let at = 0; at < waiting.length && room.exceptions.size < exceptionKinds;) {
      const one = waiting[at];
      const exception = one === undefined ? undefined : exceptionFor(one, room);
      if (one === undefined || exception === undefined) at += 1;
      else letIn(at, one, exception);
    }
  }

  function letIn(at: number, one: Waiting, exception?: Exception): void {
    waiting.splice(at, 1);
    room.taken += one.bytes;
    if (exception !== undefined) room.exceptions.add(exception);
    one.enter(exception);
  }

  function wait(entry: Omit<Waiting, "enter">, signal: AbortSignal): Promise<Exception | undefined> {
    return new Promise((enter, reject) => {
      const abandon = () => {
        const index = waiting.indexOf(one);
        if (index >= 0) waiting.splice(index, 1);
        reject(signal.reason);
        admit();
      };
      if (signal.aborted) return reject(signal.reason);
      const stopListening = onAbort(signal, abandon);
      const one: Waiting = {
        ...entry,
        enter(exception) {
          stopListening();
          enter(exception);
        },
      };
      waiting.push(one);
      admit();
      if (waiting.at(-1) !== one) return;
      const exception = exceptionFor(one, room);
      if (exception !== undefined) letIn(waiting.length - 1, one, exception);
    });
  }

  return {
    recheck,
    async enter({ bytes, isFirst }, signal) {
      const exception = await wait({ bytes, isFirst, grows: false }, signal);
      return openPlace({ room, admit, recheck, wait }, { bytes, isFirst }, exception);
    },
  };
}

function exceptionFor({ isFirst, grows }: Waiting, { exceptions }: Room): Exception | undefined {
  if (!exceptions.has("first") && isFirst()) return "first";
  return grows && !exceptions.has("grown") ? "grown" : undefined;
}

interface Room {
  taken: number;
  exceptions: Set<Exception>;
}

interface Inside {
  room: Room;
  admit: () => void;
  recheck: () => void;
  wait: (entry: Omit<Waiting, "enter">, signal: AbortSignal) => Promise<Exception | undefined>;
}

function openPlace(
  { room, admit, recheck, wait }: Inside,
  { bytes, isFirst }: Entry,
  entered: Exception | undefined,
): Place {
  let own = bytes;
  let exception = entered;
  let left = false;

  function resize(to: number): void {
    if (left) return;
    room.taken += to - own;
    own = to;
  }

  return {
    async grow(to, signal) {
      if (exception !== undefined) return resize(to);
      const more = to - own;
      exception = await wait({ bytes: more, isFirst, grows: true }, signal);
      own += more;
    },
    resize(to) {
      resize(to);
      admit();
    },
    leave() {
      if (left) return;
      resize(0);
      left = true;
      if (exception === undefined) return admit();
      room.exceptions.delete(exception);
      recheck();
    },
  };
}
