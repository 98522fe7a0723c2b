import { ToolError } from "../../errors.ts";
import type { PageRun, ReadPage } from "../page-run.ts";
import { RobotsDenied } from "../robots.ts";
import { normaliseAddress } from "./address.ts";
import type { Course, VisitedPage } from "./course.ts";
import type { Skip, Visit } from "./frontier.ts";
import { currentTaping } from "../../taping.ts";

/** The links of further copies of one page lead ever deeper into a trap. */
const maxCopies = 5;
const maxRules = 3;

/** Undefined for what gets no row. */
export async function readVisit(
  course: Course,
  run: PageRun,
  { url, depth, parent }: Visit,
): Promise<VisitedPage | undefined> {
  const { frontier, counts } = course;
  const { host } = new URL(url);
  if (frontier.isBlocked(host)) return skipPage(course, "blocked", url);
  const { links, ...page } = await run.read(url, 0, (address) => admit(course, url, address));
  await currentTaping()?.inTurn(url);
  const detour = page.error instanceof Detour ? page.error.kind : undefined;
  const skip = (kind: Skip) => {
    page.release();
    return skipPage(course, kind, url);
  };
  if (detour === "known" || (links !== null && isCopyOf(course, { url, page, canonical: links.canonical }))) {
    counts.repeated += 1;
    if (links !== null) follow(course, { url, depth, links, sha256: page.sha256 });
    frontier.close(url);
    course.closed.push(url);
    page.release();
    return undefined;
  }
  if (detour !== undefined && parent !== null) return skip(detour);
  if (page.error?.code === "robots_denied" && parent !== null) {
    if (page.error instanceof RobotsDenied && course.robotsRules.size < maxRules)
      course.robotsRules.add(page.error.rule);
    return skip("robots");
  }
  if (page.error?.code === "blocked_address") {
    const { host: refused } = new URL(page.finalUrl ?? url);
    if (frontier.isBlocked(refused)) return skip("blocked");
    frontier.block(refused);
  }
  if (links !== null) follow(course, { url, depth, links, sha256: page.sha256 });
  return { ...page, url, depth, parent };
}

function skipPage({ frontier, closed }: Course, kind: Skip, url: string): undefined {
  closed.push(url);
  frontier.skip(kind, url);
  frontier.close(url);
}

/** Asked before each address on the way to a page. */
function admit({ frontier, scope }: Course, url: string, address: URL): void {
  const normalised = normaliseAddress(address.href);
  if (normalised === undefined || normalised === url) return;
  const from = `${new URL(url).host}: redirects to`;
  if (!scope.isInSite(address))
    throw new Detour("outside", `${from} ${address.host}, another site; start there, or set same_site: false`);
  if (scope.isExcluded(address)) throw new Detour("excluded", `${from} ${address.pathname}, which exclude names`);
  if (frontier.isOther(normalised, url)) throw new Detour("known", `${from} a page that is there already`);
}

/**
 * Whether a page says that its address is that of another one, which is read too. That a page deep in a site is its
 * front page, or where the crawl started, is the most common mistake with canonical addresses.
 */
function isCopyOf(
  { frontier, scope, request }: Course,
  { url, page, canonical }: { url: string; page: { error: unknown }; canonical: string | null },
): boolean {
  if (canonical === null || canonical === url || page.error !== undefined) return false;
  const address = new URL(canonical);
  if (address.pathname === "/" || request.startUrls.includes(canonical)) return false;
  return scope.isInSite(address) && scope.objection(address) === undefined && frontier.isOther(canonical, url);
}

interface Linked {
  url: string;
  depth: number;
  links: NonNullable<ReadPage["links"]>;
  sha256: string | null;
}

function follow({ frontier, request, copies, counts }: Course, { url, depth, links, sha256 }: Linked): void {
  const copy = (copies.get(sha256 ?? "") ?? 0) + 1;
  copies.set(sha256 ?? "", copy);
  if (copy > maxCopies) return frontier.skip("copy", url);
  counts.excessLinks += links.excess;
  const urls = request.respectRobots ? links.urls : [...links.urls, ...links.nofollow];
  frontier.offer({ urls, depth: depth + 1, parent: url, isSitemap: false });
}

/** A redirect that is not followed: to a page that is there already, or to where the crawl does not go. */
class Detour extends ToolError {
  readonly kind: "known" | "outside" | "excluded";

  constructor(kind: Detour["kind"], message: string) {
    super("not_allowed", message);
    this.kind = kind;
  }
}
