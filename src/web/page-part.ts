import type { Element } from "./sink.ts";

/** An element on the tape, and what is in it and not dropped. */
export interface Part extends Element, Weights {
  parent: Part | undefined;
  /** Where on the tape it ends. */
  end: number;
  /** What is in it and in no element within. */
  ownText: number;
  ownLink: number;
  ownLong: number;
  /** Whether it is in an article or in the main part, or is one. */
  isInside: boolean;
  dropped: boolean;
  /** Whether some of it stays, and … */
  onPath: boolean;
  /** … whether all of it does, but for what was dropped before. */
  isKept: boolean;
  /** Whether it ends no run of text. */
  isInline: boolean;
  /** Whether it is a button or a field. */
  isControl: boolean;
  /** Whether it is said to be the main part. */
  isMain: boolean;
}

/** Characters outside links, in links, and in runs of text that are long enough for a sentence, and some elements. */
export interface Weights {
  text: number;
  link: number;
  long: number;
  h1: number;
  /** Buttons and fields. */
  controls: number;
  /** Elements that are said to be the main part. */
  mains: number;
}

/** A run of text of this many characters is a sentence, not a label. */
export const sentence = 80;

/** Elements that do not end a run of text. */
export const inline: ReadonlySet<string> = new Set(
  "a abbr b bdi bdo br cite code del dfn em font i img ins kbd label mark q rb rp rt ruby s samp small span strong sub sup time u var wbr".split(
    " ",
  ),
);
