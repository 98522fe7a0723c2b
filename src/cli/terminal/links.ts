import type { Output } from "../command.ts";

/** Make a text lead to an address where it is clicked; undefined for an address that is not led to. */
export type Link = (text: string, href: string) => string | undefined;

/** Where nothing can be clicked. */
export const noLinks: Link = () => undefined;

/**
 * Clickable links (OSC 8), for terminals that are known to understand them: others show parts of the code.
 * `FORCE_HYPERLINK` is what programs agree on to decide otherwise.
 */
export function linksFor({ isTTY }: Output, environment: NodeJS.ProcessEnv): Link {
  return isTTY === true && areUnderstood(environment) ? toLink : noLinks;
}

const maxHrefChars = 2_000;

function toLink(text: string, href: string): string | undefined {
  const url = URL.parse(href);
  if (url === null || !["http:", "https:", "mailto:"].includes(url.protocol)) return undefined;
  // an address as it is sent holds nothing else, and nothing that could end the code
  if (url.href.length > maxHrefChars || !/^[\x21-\x7e]+$/.test(url.href)) return undefined;
  return `\u001b]8;;${url.href}\u0007${text}\u001b]8;;\u0007`;
}

function areUnderstood(environment: NodeJS.ProcessEnv): boolean {
  const { FORCE_HYPERLINK: forced, TERM = "", VTE_VERSION: vte = "", TERM_PROGRAM: program = "" } = environment;
  if (forced !== undefined && forced !== "") return forced !== "0" && forced !== "false";
  // multiplexers hide which terminal there is, and inherit its variables
  if (TERM === "dumb" || /^(?:screen|tmux)/.test(TERM) || environment["TMUX"] || environment["STY"]) return false;
  if (environment["CI"]) return false;
  if (environment["WT_SESSION"] || /^(?:xterm-kitty|xterm-ghostty|alacritty|foot|wezterm)/.test(TERM)) return true;
  if (/^\d+$/.test(vte) && Number(vte) >= 5_001) return true;
  const since = sinceVersion[program];
  return since !== undefined && isAtLeast(environment["TERM_PROGRAM_VERSION"] ?? "", since);
}

/** From which version on a terminal understands them. */
const sinceVersion: Readonly<Record<string, readonly [major: number, minor: number]>> = {
  "iTerm.app": [3, 1],
  vscode: [1, 72],
  WezTerm: [20_200_620, 0],
  ghostty: [1, 0],
  zed: [0, 150],
};

function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [first = 0, second = 0] = version.split(/[.-]/).map(Number);
  return first > major || (first === major && second >= minor);
}
