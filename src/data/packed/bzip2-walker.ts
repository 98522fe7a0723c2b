/** On an entry: a part of the block is walked from there. Places take 20 bits, bytes 8. */
const mark = 1 << 30;
const placeMask = (1 << 20) - 1;
const partCount = 64;
/** Shorter blocks are in the processor's cache anyhow. */
const leastBytes = 64 * 1024;

/** Bytes that follow each other in a block. */
interface Part {
  bytes: Uint8Array;
  /** The place where the part after it begins. */
  next: number;
}

/** Where a part is being walked. */
interface Lane {
  bytes: Uint8Array;
  /** Of the part, in the bytes and in the table. */
  from: number;
  start: number;
  /** How far it is, likewise. */
  size: number;
  at: number;
}

type FourLanes = readonly [Lane, Lane, Lane, Lane];

/**
 * Walks through the bytes of a block, each of which has the place of the next one beside it. A step waits for memory, so
 * four parts are walked at once: from places all over the table, each to where another one began.
 *
 * @param table entries of a byte and a place; some are marked on the way
 */
export function openWalker(table: Uint32Array) {
  const block = new Uint8Array(table.length);
  const openLane = (): Lane => ({ bytes: new Uint8Array(table.length), from: 0, start: 0, size: 0, at: 0 });
  const lanes: FourLanes = [openLane(), openLane(), openLane(), openLane()];
  return {
    /** @param first the place of the first byte */
    walk(first: number, length: number): Uint8Array {
      const parts = walkParts(table, placesOf(first, length), lanes);
      let size = 0;
      // what repeats itself is in the table once
      for (let part = parts.get(first); part !== undefined && size < length; part = parts.get(part.next)) {
        const bytes = part.bytes.subarray(0, length - size);
        block.set(bytes, size);
        size += bytes.length;
      }
      return block.subarray(0, length);
    },
  };
}

/** Where parts begin. */
function placesOf(first: number, length: number): number[] {
  if (length < leastBytes) return [first];
  const step = Math.floor(length / partCount);
  return [...new Set([first, ...Array.from({ length: partCount }, (_, index) => index * step)])];
}

/** The parts by the places where they begin. */
function walkParts(table: Uint32Array, places: number[], lanes: FourLanes): Map<number, Part> {
  const parts = new Map<number, Part>();
  for (const place of places) table[place] = (table[place] ?? 0) | mark;
  const begin = (lane: Lane): boolean => {
    const place = places.pop();
    if (place === undefined) return false;
    [lane.start, lane.at, lane.from] = [place, place, lane.size];
    return true;
  };
  const hasEnded = ({ at }: Lane) => ((table[at] ?? 0) & mark) !== 0;
  const end = ({ bytes, from, start, size, at }: Lane) =>
    void parts.set(start, { bytes: bytes.subarray(from, size), next: at });

  for (const lane of lanes) lane.size = 0;
  let busy = lanes.filter(begin);
  while (busy.length === lanes.length) {
    walkTogether(table, lanes);
    const ended = lanes.filter(hasEnded);
    ended.forEach(end);
    const idle = ended.filter((lane) => !begin(lane));
    busy = busy.filter((lane) => !idle.includes(lane));
  }
  for (const lane of busy) {
    walkAlone(table, lane);
    end(lane);
  }
  return parts;
}

/** Until one of them is where a part began. */
function walkTogether(table: Uint32Array, [first, second, third, fourth]: FourLanes): void {
  const [{ bytes: bytes0 }, { bytes: bytes1 }, { bytes: bytes2 }, { bytes: bytes3 }] = [first, second, third, fourth];
  let [size0, size1, size2, size3] = [first.size, second.size, third.size, fourth.size];
  let [at0, at1, at2, at3] = [first.at, second.at, third.at, fourth.at];
  let [entry0, entry1, entry2, entry3] = [table[at0] ?? 0, table[at1] ?? 0, table[at2] ?? 0, table[at3] ?? 0];
  do {
    bytes0[size0++] = entry0;
    bytes1[size1++] = entry1;
    bytes2[size2++] = entry2;
    bytes3[size3++] = entry3;
    at0 = (entry0 >>> 8) & placeMask;
    at1 = (entry1 >>> 8) & placeMask;
    at2 = (entry2 >>> 8) & placeMask;
    at3 = (entry3 >>> 8) & placeMask;
    entry0 = table[at0] ?? 0;
    entry1 = table[at1] ?? 0;
    entry2 = table[at2] ?? 0;
    entry3 = table[at3] ?? 0;
  } while (((entry0 | entry1 | entry2 | entry3) & mark) === 0);
  [first.size, second.size, third.size, fourth.size] = [size0, size1, size2, size3];
  [first.at, second.at, third.at, fourth.at] = [at0, at1, at2, at3];
}

function walkAlone(table: Uint32Array, lane: Lane): void {
  const { bytes } = lane;
  let { size, at } = lane;
  let entry = table[at] ?? 0;
  do {
    bytes[size++] = entry;
    at = (entry >>> 8) & placeMask;
    entry = table[at] ?? 0;
  } while ((entry & mark) === 0);
  [lane.size, lane.at] = [size, at];
}
