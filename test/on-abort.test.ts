import { expect, test } from "vitest";
import { onAbort } from "../src/on-abort.ts";

test("whoever listens when a signal aborts is called, once, in turn; whoever does no longer is not", () => {
  const controller = new AbortController();
  const called: string[] = [];
  onAbort(controller.signal, () => called.push("first"));
  const stopListening = onAbort(controller.signal, () => called.push("gone"));
  const stopLast = onAbort(controller.signal, () => called.push("last"));
  stopListening();
  stopListening();
  controller.abort();
  stopLast();
  expect(called).toEqual(["first", "last"]);
});

test("one that listens no longer because another was called is not called either", () => {
  const controller = new AbortController();
  const called: string[] = [];
  onAbort(controller.signal, () => stopOther());
  const stopOther = onAbort(controller.signal, () => called.push("other"));
  controller.abort();
  expect(called).toEqual([]);
});
