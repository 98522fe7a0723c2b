import type { Token } from "marked";
import stringWidth from "string-width";
import { printable } from "../../text/text.ts";
import type { Output } from "../command.ts";
import { erasing, rowsOf } from "./columns.ts";
import type { Link } from "./links.ts";
import { blockLines, readBlocks } from "./markdown.ts";
import type { Paint } from "./paint.ts";

/** Shows Markdown on a terminal while it comes. */
export interface MarkdownStream {
  push(text: string): void;
  /** Show the rest; what is pushed afterwards is a text of its own. */
  end(): void;
  /** Leave the terminal alone. */
  close(): void;
}

export interface MarkdownStreamOptions {
  output: Output;
  paint: Paint;
  link: Link;
  /** Whether what is not finished is shown and drawn again as it grows; without it each block comes when it is whole. */
  redraws: boolean;
}

const redrawEveryMs = 50;
const fallbackColumns = 80;
const fallbackRows = 24;

/**
 * Each block is written once it is whole, and never touched again. The one that still grows stands below, its last
 * lines as far as the screen holds them.
 */
export function openMarkdownStream({ output, paint, link, redraws }: MarkdownStreamOptions): MarkdownStream {
  let pending = "";
  let isFirst = true;
  let drawn: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  const columns = () => columnsOf(output);

  /** What grows is laid out anew for a screen of another width. */
  const onResize = () => {
    if (drawn.length > 0) draw();
  };

  function draw(): void {
    clearTimeout(timer);
    timer = undefined;
    const blocks = readBlocks(pending);
    const last = blocks.findLastIndex(({ type }) => type !== "space");
    const growing = blocks[last];
    if (growing === undefined) return;
    const whole = blocks.slice(0, last);
    const text = takingBack(drawn, columns()) + write(whole);
    drawn = redraws ? preview(growing) : [];
    pending = pending.slice(whole.reduce((sum, { raw }) => sum + raw.length, 0));
    if (text !== "" || drawn.length > 0) output.write(text + drawn.join("\n"));
  }

  /** Blocks that are whole. */
  function write(blocks: readonly Token[]): string {
    const lines = blockLines(blocks, { columns: columns(), paint, link });
    if (lines.length === 0) return "";
    const apart = isFirst ? "" : "\n";
    isFirst = false;
    return `${apart}${lines.join("\n")}\n`;
  }

  function preview(block: Token): string[] {
    const lines = blockLines([block], { columns: columns(), paint, link });
    return (isFirst ? lines : ["", ...lines]).slice(-Math.max(1, (output.rows || fallbackRows) - 1));
  }

  output.on("resize", onResize);
  return {
    push(text) {
      pending += printable(text);
      timer ??= setTimeout(draw, redrawEveryMs);
    },
    end() {
      clearTimeout(timer);
      timer = undefined;
      const text = takingBack(drawn, columns()) + write(readBlocks(pending));
      if (text !== "") output.write(text);
      pending = "";
      drawn = [];
      isFirst = true;
    },
    close: () => void output.off("resize", onResize),
  };
}

/** How wide lines may be. A terminal that was given no size says 0. */
export function columnsOf({ columns }: Pick<Output, "columns">): number {
  return Math.max(20, columns || fallbackColumns);
}

/** Take back what was drawn; a narrower screen may have broken its lines meanwhile. */
function takingBack(lines: readonly string[], columns: number): string {
  if (lines.length === 0) return "";
  return erasing(lines.reduce((sum, line) => sum + rowsOf(stringWidth(line), columns), 0));
}
