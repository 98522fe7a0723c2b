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

/** What the rules say of an element's start tag, besides what `Kind` holds. */
type StartRule =
  | "heading"
  | "item"
  | "definition"
  | "form"
  | "button"
  | "link"
  | "nobr"
  | "table"
  | "select"
  | "field"
  | "option"
  | "optgroup"
  | "ruby"
  | "reading"
  | "section"
  | "column"
  | "row"
  | "cell"
  | "document";

/** How its end tag finds it. */
type EndRule = Scope | "paragraph" | "heading" | "format" | "form" | "always" | "never";

export interface Kind {
  start: StartRule | undefined;
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
  start: undefined,
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

export function kindOf(name: string): Kind | undefined {
  return kinds.get(name);
}

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
define("h1 h2 h3 h4 h5 h6", { start: "heading", end: "heading" });
define("p", { end: "paragraph", isImplied: true });
define("form", { start: "form", end: "form", endsAlone: false });
define("li", {
  start: "item",
  end: scopes.list,
  endsParagraph: true,
  resumes: false,
  bounds: special,
  isImplied: true,
});
define("dd dt", {
  start: "definition",
  end: scopes.any,
  endsParagraph: true,
  resumes: false,
  bounds: special,
  isImplied: true,
});

define("b big code em font i s small strike strong tt u", { end: "format", endsAlone: false, isFormat: true });
define("a", { start: "link", end: "format", endsAlone: false, isFormat: true });
define("nobr", { start: "nobr", end: "format", endsAlone: false, isFormat: true });

define("applet marquee object", {
  end: scopes.any,
  bounds: enclosed,
  isolates: true,
});
define("template", { end: scopes.table, resumes: false, bounds: tables, isolates: true, isHead: true });
define("table", { start: "table", end: scopes.table, bounds: tables });
define("caption tbody tfoot thead", { start: "section" });
define("col colgroup", { start: "column", end: "never", endsAlone: false });
define("tr", { start: "row" });
define("td th", { start: "cell" });
define("caption col colgroup tbody tfoot thead tr td th", { resumes: false, bounds: special });
define("caption tbody tfoot thead tr td th", { end: scopes.table });
define("caption td th", { bounds: enclosed, isolates: true });

define("button", { start: "button", end: scopes.any, bounds: [scopes.button, scopes.item] });
define("select", { start: "select", end: scopes.any, bounds: special });
define("option", { start: "option", isImplied: true });
define("optgroup", { start: "optgroup", isImplied: true });
define("rb rtc", { start: "ruby", resumes: false, isImplied: true });
define("rp rt", { start: "reading", resumes: false, isImplied: true });

define("html head body", { start: "document", resumes: false, bounds: special });
define("body html", { end: "never", endsAlone: false });
define("frameset", { resumes: false, bounds: special });

define("area br embed img input keygen wbr", { isVoid: true });
define("base basefont bgsound col command frame hr isindex link meta param source track", {
  isVoid: true,
  resumes: false,
});
define("input keygen textarea", { start: "field" });
define("iframe noembed noframes script style textarea title xmp plaintext", {
  resumes: false,
  isText: true,
  bounds: special,
});
define("base basefont bgsound link meta noframes noscript script style title", { isHead: true });
define("math svg", { startsForeign: true });
define("listing pre textarea", { startsLine: true });
// Browsers read it as text, since they run scripts: whatever it lacks is lacking in it alone.
define("noscript", { end: "always", bounds: tables, isolates: true });

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
export function insideForeign(space: "svg" | "math", name: string, attributes: Record<string, string>): Space {
  if (htmlInside[space].has(name)) return "html";
  const isHtml =
    space === "math" &&
    name === "annotation-xml" &&
    /^(?:text\/html|application\/xhtml\+xml)$/i.test(attributes["encoding"] ?? "");
  return isHtml ? "html" : space;
}

const breakouts = new Set(
  "b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li listing menu meta nobr ol p pre ruby s small span strong strike sub sup table tt u ul var".split(
    " ",
  ),
);

/** Whether a start tag ends the SVG or MathML around it: there are no such elements there, so its end was forgotten. */
export function breaksOut(name: string, attributes: Record<string, string>): boolean {
  if (name === "font") return "color" in attributes || "face" in attributes || "size" in attributes;
  return breakouts.has(name);
}
