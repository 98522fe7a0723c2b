import { styleText } from "node:util";
import type { Output } from "../command.ts";

/** What a text can look like; `styleText` knows how a terminal is told. */
export type Style = Parameters<typeof styleText>[0] & (string | string[]);

/** Give a text a look, or leave it as it is where there are no colours. */
export type Paint = (style: Style, text: string) => string;

/** For a stream: plain where it is no terminal, or one without colours, also because the user wants none (`NO_COLOR`). */
export function paintFor(stream: Output): Paint {
  if (stream.isTTY !== true || stream.hasColors?.() !== true) return plain;
  return (style, text) => (text === "" ? "" : styleText(style, text, { validateStream: false }));
}

export const plain: Paint = (_style, text) => text;
