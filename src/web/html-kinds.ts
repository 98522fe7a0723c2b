import type { Attributes } from "./html-attributes.ts";

/** Whose rules hold. */
export type Space = "html" | "svg" | "math";

/**
 * How far up an end tag, or a start tag that implies one, finds the element that it ends: up to the innermost of the
 * elements that bound it. https://html.spec.whatwg.org/multipage/parsing.html#has-an-element-in-scope
 */
export const scopes = {
  /** What bounds this one bounds all the others but that of tables. */
  any: 0,
  list: 1,
  button: 2,
  table: 3,
  /** For end tags without a rule of their own: bounded by what bounds items too. */
  unnamed: 4,
  /** For a start tag that ends the item before. */
  item: 5,
} as const;
export type Scope = (typeof scopes)[keyof typeof scopes];

/** What the rules say of an element's start tag, besides what `Kind` holds. They are numbers since tags are many. */
export const starts = {
  none: 0,
  link: 1,
  item: 2,
  cell: 3,
  row: 4,
  heading: 5,
  definition: 6,
  form: 7,
  button: 8,
  nobr: 9,
  ruby: 10,
  reading: 11,
  document: 12,
  select: 13,
  field: 14,
  option: 15,
  optgroup: 16,
  table: 17,
  section: 18,
  column: 19,
} as const;
type StartRule = (typeof starts)[keyof typeof starts];

/** How its end tag finds it. */
type EndRule = Scope | "paragraph" | "break" | "heading" | "format" | "form" | "always" | "never";

export interface Kind {
  start: StartRule;
  end: EndRule;
  /** Whether its end tag ends it and nothing else where it is the innermost. */
  endsAlone: boolean;
  /** Whether a paragraph ends where it starts. */
  endsParagraph: boolean;
  /** Whether formatting that was cut off starts again before it. */
  resumes: boolean;
  /** Whether it is formatting: cut off by the end of a block, it starts again in the next. */
  isFormat: boolean;
  /** Whether formatting that is open around it has no part in what is cut off in it. */
  isolates: boolean;
  bounds: readonly Scope[];
  isVoid: boolean;
  startsForeign: boolean;
  /** Whether a line feed right behind its start tag is left out. */
  startsLine: boolean;
  /** Whether there is nothing but text in it. */
  isText: boolean;
  /** Whether it may be in the head. */
  isHead: boolean;
  /** Whether its end tag may be left out before that of what it is in. */
  isImplied: boolean;
}

const special: readonly Scope[] = [scopes.item];
const enclosed: readonly Scope[] = [scopes.any];
const tables: readonly Scope[] = [scopes.any, scopes.table];

/** Of elements that have no rule. */
export const ordinary: Kind = {
  start: starts.none,
  end: scopes.unnamed,
  endsAlone: true,
  endsParagraph: false,
  resumes: true,
  isFormat: false,
  isolates: false,
  bounds: [],
  isVoid: false,
  startsForeign: false,
  startsLine: false,
  isText: false,
  isHead: false,
  isImplied: false,
};
const kinds = new Map<string, Kind>();

function define(names: string, kind: Partial<Kind>): void {
  for (const name of names.split(" ")) kinds.set(name, { ...ordinary, ...kinds.get(name), ...kind });
}

define(
  "address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr listing main menu nav ol p plaintext pre search section summary table ul xmp",
  { endsParagraph: true, resumes: false, end: scopes.any, bounds: special },
);
define("dialog search", { bounds: [] });
define("address div p", { bounds: [scopes.unnamed] });
define("ol ul", { bounds: [scopes.list, scopes.item] });
define("h1 h2 h3 h4 h5 h6", { start: starts.heading, end: "heading" });
define("p", { end: "paragraph", isImplied: true });
define("form", { start: starts.form, end: "form", endsAlone: false });
define("li", {
  start: starts.item,
  end: scopes.list,
  endsParagraph: true,
  resumes: false,
  bounds: special,
  isImplied: true,
});
define("dd dt", {
  start: starts.definition,
  end: scopes.any,
  endsParagraph: true,
  resumes: false,
  bounds: special,
  isImplied: true,
});

define("b big code em font i s small strike strong tt u", { end: "format", endsAlone: false, isFormat: true });
define("a", { start: starts.link, end: "format", endsAlone: false, isFormat: true });
define("nobr", { start: starts.nobr, end: "format", endsAlone: false, isFormat: true });

define("applet marquee object", {
  end: scopes.any,
  bounds: enclosed,
  isolates: true,
});
define("template", { end: scopes.table, resumes: false, bounds: tables, isolates: true, isHead: true });
define("table", { start: starts.table, end: scopes.table, bounds: tables });
define("caption tbody tfoot thead", { start: starts.section });
define("col colgroup", { start: starts.column, end: "never", endsAlone: false });
define("tr", { start: starts.row });
define("td th", { start: starts.cell });
define("caption col colgroup tbody tfoot thead tr td th", { resumes: false, bounds: special });
define("caption tbody tfoot thead tr td th", { end: scopes.table });
define("caption td th", { bounds: enclosed, isolates: true });

define("button", { start: starts.button, end: scopes.any, bounds: [scopes.button, scopes.item] });
define("select", { start: starts.select, end: scopes.any, bounds: special });
define("option", { start: starts.option, isImplied: true });
define("optgroup", { start: starts.optgroup, isImplied: true });
define("ruby datalist", {});
define("rb rtc", { start: starts.ruby, resumes: false, isImplied: true });
define("rp rt", { start: starts.reading, resumes: false, isImplied: true });

define("html head body", { start: starts.document, resumes: false, bounds: special });
define("body html", { end: "never", endsAlone: false });
define("frameset", { resumes: false, bounds: special });

define("br", { end: "break", endsAlone: false });
define("area br embed img input keygen wbr", { isVoid: true });
define("base basefont bgsound col command frame hr isindex link meta param source track", {
  isVoid: true,
  resumes: false,
});
define("input keygen textarea", { start: starts.field });
define("iframe noembed noframes script style textarea title xmp plaintext", {
  resumes: false,
  isText: true,
  bounds: special,
});
define("image", {});
define("base basefont bgsound link meta noframes noscript script style title", { isHead: true });
define("math svg", { startsForeign: true });
define("listing pre textarea", { startsLine: true });
// Browsers read it as text, since they run scripts: whatever it lacks is lacking in it alone.
define("noscript", { end: "always", bounds: tables, isolates: true });

/** A name of elements of HTML, or of SVG or MathML. */
export interface Named {
  readonly name: string;
  readonly kind: Kind;
  readonly isForeign: boolean;
  /** Its number in a page; the rules know those below `namedCount`. Negative where the page has to give it one. */
  readonly id: number;
}

const named: ReadonlyMap<string, Named> = new Map(
  [...kinds].map(([name, kind], id) => [name, { name, kind, isForeign: false, id }]),
);
export const namedCount = named.size;

/** @param name in lower case */
export function elementOf(name: string): Named {
  return named.get(name) ?? { name, kind: ordinary, isForeign: false, id: -1 };
}

/** Elements that have no end tag. */
export const voidElements: ReadonlySet<string> = new Set(
  [...kinds].filter(([, { isVoid }]) => isVoid).map(([name]) => name),
);

/** Elements whose text is text up to their own end tag, whatever it looks like. */
export const textElements: readonly string[] = [...kinds]
  .filter(([name, { isText }]) => isText && name !== "plaintext")
  .map(([name]) => name);

const integration: Kind = { ...ordinary, bounds: enclosed };
const htmlInside: Readonly<Record<"svg" | "math", ReadonlySet<string>>> = {
  svg: new Set(["foreignobject", "desc", "title"]),
  math: new Set(["mi", "mn", "mo", "ms", "mtext"]),
};

export function foreignKind(space: "svg" | "math", name: string): Kind {
  return htmlInside[space].has(name) || (space === "math" && name === "annotation-xml") ? integration : ordinary;
}

/** Whose rules hold in an element of SVG or MathML: in some it is HTML again. */
export function insideForeign(space: "svg" | "math", name: string, attributes: Attributes): Space {
  if (htmlInside[space].has(name)) return "html";
  const isHtml =
    space === "math" &&
    name === "annotation-xml" &&
    /^(?:text\/html|application\/xhtml\+xml)$/i.test(attributes.get("encoding") ?? "");
  return isHtml ? "html" : space;
}

const breakouts = new Set(
  "b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li listing menu meta nobr ol p pre ruby s small span strong strike sub sup table tt u ul var".split(
    " ",
  ),
);

/** Whether a start tag ends the SVG or MathML around it: there are no such elements there, so its end was forgotten. */
export function breaksOut(name: string, attributes: Attributes): boolean {
  if (name === "font") return attributes.has("color") || attributes.has("face") || attributes.has("size");
  return breakouts.has(name);
}
