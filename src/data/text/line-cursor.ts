import type { TextBlock } from "./text-blocks.ts";

/** A place in a text of many lines that grows at its end. */
export type LineCursor = ReturnType<typeof openLineCursor>;

/** @param delimiter what `delimitersBefore` counts */
export function openLineCursor(delimiter: string) {
  let marks = openMarks("", delimiter);
  let wrong = new Set<number>();
  const cursor = {
    /** What is behind the place is dropped as the text grows. */
    text: "",
    /** Where the next line begins. */
    at: 0,
    /** Its number, counted from 1. */
    line: 1,
    /** Whether the text goes to the end of the file. */
    isWhole: false,
    add(block: TextBlock): void {
      const rest = cursor.text.slice(cursor.at);
      const left = [...wrong].map((place) => place - cursor.at);
      wrong = new Set([...left, ...block.wrong.map((place) => place + rest.length)]);
      cursor.text = rest + block.text;
      cursor.at = 0;
      cursor.isWhole = block.isLast;
      marks = openMarks(cursor.text, delimiter);
    },
    endOfLine: () => Math.min(marks.feed(cursor.at), marks.carriage(cursor.at), cursor.text.length),
    hasQuoteBefore: (end: number) => marks.quote(cursor.at) < end,
    delimitersBefore(end: number): number {
      let count = 0;
      for (let at = marks.delimiter(cursor.at); at < end; at = marks.delimiter(at + delimiter.length)) count += 1;
      return count;
    },
    /** Whether the line that begins here was no UTF-8. */
    isWrong: () => wrong.has(cursor.at),
    /** Go on after the line that ends there. */
    advance(end: number): void {
      const { text } = cursor;
      cursor.at = end + (text[end] === "\r" && text[end + 1] === "\n" ? 2 : 1);
      cursor.line += 1;
    },
  };
  return cursor;
}

/** What is next in a text, for places that are asked for in ascending order. */
function openMarks(text: string, delimiter: string) {
  const finder = (mark: string) => {
    let found = -1;
    return (from: number): number => {
      if (found < from) {
        found = text.indexOf(mark, from);
        if (found < 0) found = Infinity;
      }
      return found;
    };
  };
  return { feed: finder("\n"), carriage: finder("\r"), quote: finder('"'), delimiter: finder(delimiter) };
}

/** Where the lines after the first begin, at most so many. */
export function lineStarts(text: string, { start, end, most }: { start: number; end: number; most: number }): number[] {
  const starts: number[] = [];
  for (let at = start; at < Math.min(end, text.length) && starts.length < most; at += 1) {
    const code = text.charCodeAt(at);
    if (code !== newline && code !== carriageReturn) continue;
    if (code === carriageReturn && text.charCodeAt(at + 1) === newline) at += 1;
    starts.push(at + 1);
  }
  return starts;
}

const newline = 0x0a;
const carriageReturn = 0x0d;
