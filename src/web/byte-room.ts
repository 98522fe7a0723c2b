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

interface Waiting {
  bytes: number;
  exceptions: () => Exception[];
  enter: (exception: Exception | undefined) => void;
}

export function openByteRoom(maxBytes: number): ByteRoom {
  const waiting: Waiting[] = [];
  const room: Room = { taken: 0, exceptions: new Set() };

  function admit(): void {
    let isBlocked = false;
    for (let at = 0; at < waiting.length;) {
      const one = waiting[at];
      if (one === undefined) return;
      const isFree = !isBlocked && (room.taken === 0 || room.taken + one.bytes <= maxBytes);
      const exception = isFree ? undefined : one.exceptions().find((kind) => !room.exceptions.has(kind));
      if (isFree || exception !== undefined) {
        waiting.splice(at, 1);
        room.taken += one.bytes;
        if (exception !== undefined) room.exceptions.add(exception);
        one.enter(exception);
      } else {
        isBlocked = true;
        at += 1;
      }
    }
  }

  function wait(entry: Omit<Waiting, "enter">, signal: AbortSignal): Promise<Exception | undefined> {
    return new Promise((enter, reject) => {
      const abandon = () => {
        const index = waiting.indexOf(one);
        if (index >= 0) waiting.splice(index, 1);
        reject(signal.reason);
        admit();
      };
      const one: Waiting = {
        ...entry,
        enter(exception) {
          signal.removeEventListener("abort", abandon);
          enter(exception);
        },
      };
      if (signal.aborted) return reject(signal.reason);
      signal.addEventListener("abort", abandon, { once: true });
      waiting.push(one);
      admit();
    });
  }

  return {
    recheck: admit,
    async enter({ bytes, isFirst }, signal) {
      const exception = await wait({ bytes, exceptions: () => (isFirst() ? ["first"] : []) }, signal);
      return openPlace({ room, admit, wait }, { bytes, isFirst }, exception);
    },
  };
}

interface Room {
  taken: number;
  exceptions: Set<Exception>;
}

interface Inside {
  room: Room;
  admit: () => void;
  wait: (entry: Omit<Waiting, "enter">, signal: AbortSignal) => Promise<Exception | undefined>;
}

function openPlace({ room, admit, wait }: Inside, { bytes, isFirst }: Entry, entered: Exception | undefined): Place {
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
      const exceptions = (): Exception[] => (isFirst() ? ["first", "grown"] : ["grown"]);
      exception = await wait({ bytes: more, exceptions }, signal);
      own += more;
    },
    resize(to) {
      resize(to);
      admit();
    },
    leave() {
      resize(0);
      if (exception !== undefined && !left) room.exceptions.delete(exception);
      left = true;
      admit();
    },
  };
}
