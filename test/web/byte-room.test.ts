import { expect, test } from "vitest";
import { openByteRoom, type ByteRoom, type Place } from "../../src/web/byte-room.ts";

const { signal } = new AbortController();
const never = () => false;

/** Who is inside, in the order in which they entered. */
function visits(room: ByteRoom) {
  const inside: string[] = [];
  const places = new Map<string, Place>();
  return {
    inside,
    async enter(name: string, bytes: number, isFirst = never): Promise<void> {
      places.set(name, await room.enter({ bytes, isFirst }, signal));
      inside.push(name);
    },
    place(name: string): Place {
      const place = places.get(name);
      if (place === undefined) throw new Error(`${name} is not inside`);
      return place;
    },
  };
}

async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

test("whoever comes enters in turn, as far as there is room, and who needs more than that alone", async () => {
  const { inside, enter, place } = visits(openByteRoom(10));
  const all = [enter("a", 6), enter("b", 30), enter("c", 2)];
  await settle();
  expect(inside).toEqual(["a"]);
  place("a").leave();
  await settle();
  expect(inside).toEqual(["a", "b"]);
  place("b").resize(8);
  await Promise.all(all);
  expect(inside).toEqual(["a", "b", "c"]);
});

test("one that others wait for enters a full room, and the next of them only after it", async () => {
  const room = openByteRoom(10);
  const { inside, enter, place } = visits(room);
  let turn = 0;
  void enter("a", 10);
  for (const n of [1, 2, 3]) void enter(`${n}`, 10, () => turn >= n);
  await settle();
  expect(inside).toEqual(["a"]);
  turn = 2;
  room.recheck();
  await settle();
  expect(inside).toEqual(["a", "1"]);
  place("1").leave();
  await settle();
  expect(inside).toEqual(["a", "1", "2"]);
});

test("of those inside that want to grow one always can, and it keeps nobody out that others wait for", async () => {
  const { inside, enter, place } = visits(openByteRoom(10));
  await Promise.all([enter("a", 5), enter("b", 5)]);
  const grown: string[] = [];
  for (const name of ["a", "b"])
    void place(name)
      .grow(10, signal)
      .then(() => grown.push(name));
  await settle();
  expect(grown).toEqual(["a"]);
  await enter("first", 10, () => true);
  expect(inside).toEqual(["a", "b", "first"]);
  place("a").leave();
  await settle();
  expect(grown).toEqual(["a", "b"]);
});

test("who gives up waiting holds up nobody", async () => {
  const room = openByteRoom(10);
  const { inside, enter } = visits(room);
  const gone = new AbortController();
  await enter("a", 5);
  const waiting = room.enter({ bytes: 10, isFirst: never }, gone.signal);
  void enter("b", 5);
  await settle();
  expect(inside).toEqual(["a"]);
  gone.abort(new Error("gone"));
  await expect(waiting).rejects.toThrow("gone");
  expect(inside).toEqual(["a", "b"]);
});
