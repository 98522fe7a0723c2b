import { ToolError } from "../errors.ts";

/** A cell as it is marked up. */
export interface Cell {
  text: string;
  isHeader: boolean;
  columns: number;
  rows: number;
}

export interface Row {
  cells: Cell[];
  /** Whether it stands in the `thead`. */
  inHead: boolean;
}

/** The rows of a table, of which there may be hundreds of thousands: a cell takes twelve bytes beside its text. */
export interface TableRows extends Iterable<Row> {
  count(): number;
  startRow(inHead: boolean): void;
  /** The last row ends; one without cells is none. */
  endRow(): void;
  /**
   * To the last row, which starts with it where there is none.
   *
   * @returns how to give it another text, once
   * @throws ToolError `too_large`, as the other does
   */
  addCell(cell: Cell): (text: string) => void;
  /** The cells of the first row are headings. */
  markHeader(): void;
}

/** Of one table: each row is spread out when it is its turn. */
const maxCellsInRow = 100_000;
/** Of one table, as it lies in memory; a page of 10 MB comes to less unless every cell is empty. */
const maxBytes = 64_000_000;
const bytesOfCell = 32;

const columnBits = 10;
const rowBits = 16;
const headerBit = 1 << (columnBits + rowBits);

export function openTableRows(): TableRows {
  const texts: string[] = [];
  /** Of each cell its spans, and whether it is a heading. */
  const marks = openNumbers();
  /** Of each row twice its first cell, and one more where it stands in the head. */
  const starts = openNumbers();
  let bytes = 0;
  const startOf = (row: number) => (row < starts.count() ? starts.at(row) >>> 1 : texts.length);
  const cellAt = (index: number): Cell => {
    const mark = marks.at(index);
    const columns = mark & (2 ** columnBits - 1);
    const rows = (mark >>> columnBits) & (2 ** rowBits - 1);
    return { text: texts[index] ?? "", isHeader: (mark & headerBit) !== 0, columns, rows };
  };
  const startRow = (inHead: boolean) => starts.add(texts.length * 2 + (inHead ? 1 : 0));
  return {
    count: starts.count,
    startRow,
    endRow() {
      if (startOf(starts.count() - 1) === texts.length) starts.drop();
    },
    addCell({ text, isHeader, columns, rows }) {
      if (starts.count() === 0) startRow(false);
      const index = texts.length;
      if (index - startOf(starts.count() - 1) >= maxCellsInRow) throw tooLarge(`a row of ${maxCellsInRow} cells`);
      const count = (chars: number) => {
        bytes += chars;
        if (bytes > maxBytes) throw tooLarge(`${texts.length} cells`);
      };
      count(bytesOfCell + text.length);
      texts.push(text);
      marks.add(columns | (rows << columnBits) | (isHeader ? headerBit : 0));
      return (later) => {
        count(later.length);
        texts[index] = later;
      };
    },
    markHeader() {
      for (let index = startOf(0); index < startOf(1); index += 1) marks.set(index, marks.at(index) | headerBit);
    },
    *[Symbol.iterator]() {
      for (let row = 0; row < starts.count(); row += 1) {
        const cells: Cell[] = [];
        for (let index = startOf(row), end = startOf(row + 1); index < end; index += 1) cells.push(cellAt(index));
        yield { cells, inHead: (starts.at(row) & 1) === 1 };
      }
    },
  };
}

function tooLarge(what: string): ToolError {
  return new ToolError("too_large", `a table with ${what} and more is too large; extract links or html, or select`);
}

/** A list of integers of 32 bits. */
function openNumbers() {
  let numbers = new Uint32Array(16);
  let count = 0;
  return {
    count: () => count,
    at: (index: number) => numbers[index] ?? 0,
    set: (index: number, value: number) => void (numbers[index] = value),
    add(value: number): void {
      if (count === numbers.length) {
        const more = new Uint32Array(count * 2);
        more.set(numbers);
        numbers = more;
      }
      numbers[count] = value;
      count += 1;
    },
    drop: () => void (count -= 1),
  };
}
