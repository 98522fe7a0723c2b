import { ToolError, type ErrorCode } from "../errors.ts";
import { cutText } from "../text/text.ts";
import { parseRobots, type RobotsRules } from "./robots-rules.ts";

/** Asks each origin's robots.txt, once a run. https://www.rfc-editor.org/rfc/rfc9309 */
export interface Robots {
  /** @throws ToolError `robots_denied` with the rule that forbids the page, or why robots.txt could not be had */
  check(url: URL): Promise<void>;
  /** The sitemaps that the robots.txt of an origin names, as it writes them; none where it could not be had. */
  sitemaps(url: URL): Promise<string[]>;
}

/** What came of asking for a robots.txt; `status` is null where there was no reply. */
export type RobotsReply =
  | { ok: true; text: string }
  | { ok: false; status: number | null; code: ErrorCode; message: string };

/** Of a rule that a message shows. */
const maxRuleChars = 120;

type Verdict = { kind: "rules"; rules: RobotsRules } | { kind: "refused"; code: ErrorCode; message: string };

/**
 * @param product the first word of our user agent, which the groups of a robots.txt name
 * @param get fetches a robots.txt through the same guard and gate as the pages
 * @param onRules told once of the rules of each host
 */
export function openRobots(
  product: string,
  get: (url: URL) => Promise<RobotsReply>,
  onRules: (host: string, rules: RobotsRules) => void = () => {},
): Robots {
  const verdicts = new Map<string, Promise<Verdict>>();

  function verdictOn(url: URL): Promise<Verdict> {
    const pending =
      verdicts.get(url.origin) ??
      get(new URL("/robots.txt", url)).then((reply) => {
        const verdict = judge(reply, product);
        if (verdict.kind === "rules") onRules(url.host, verdict.rules);
        return verdict;
      });
    verdicts.set(url.origin, pending);
    return pending;
  }

  return {
    async sitemaps(url) {
      const verdict = await verdictOn(url);
      return verdict.kind === "rules" ? verdict.rules.sitemaps : [];
    },
    async check(url) {
      const verdict = await verdictOn(url);
      if (verdict.kind === "refused") throw new ToolError(verdict.code, `${url.host}: ${verdict.message}`);
      const rule = verdict.rules.forbidding(url.pathname + url.search);
      if (rule === undefined) return;
      const where = `line ${rule.line} of ${url.origin}/robots.txt`;
      throw new RobotsDenied(url.host, `"${cutText(rule.text, maxRuleChars)}" (${where})`);
    },
  };
}

/** A page that a rule forbids. */
export class RobotsDenied extends ToolError {
  /** The rule and where it stands. */
  readonly rule: string;

  constructor(host: string, rule: string) {
    super("robots_denied", `${host}: ${rule} forbids this page; respect_robots: false fetches it all the same`);
    this.rule = rule;
  }
}

/**
 * 4xx and endless redirects: there are no rules. 5xx and 429: everything is forbidden. No reply: its pages
 * could not be had either, for the same reason.
 */
function judge(reply: RobotsReply, product: string): Verdict {
  if (reply.ok) return { kind: "rules", rules: parseRobots(reply.text, product) };
  const { status, code, message } = reply;
  const exists = status === null || status >= 500 || status === 429;
  if (!exists || (code === "http_error" && status === null)) return { kind: "rules", rules: parseRobots("", product) };
  if (status === null) return { kind: "refused", code, message: `robots.txt could not be fetched (${message})` };
  return {
    kind: "refused",
    code: "robots_denied",
    message: `robots.txt answered ${status}, which forbids every page; try later`,
  };
}
