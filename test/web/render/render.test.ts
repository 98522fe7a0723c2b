import { readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { openScraper, type ScrapeRequest, type Scraper } from "../../../src/web/scrape.ts";
import { attemptsAt } from "../../support/attempts.ts";
import { hasChromium, unpackChromium, type TestChromium } from "../../support/chromium.ts";
import { crawlAll } from "../../support/crawling.ts";
import { openTestProxy } from "../../support/proxy.ts";
import { scrapeAll } from "../../support/scraping.ts";
import { openSite, reply, type Route, type Site } from "../../support/site.ts";
import { openTrap, type Trap } from "../../support/trap.ts";

/** A browser on a busy machine needs the room. */
const timeoutMs = 60_000;
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const environment = { PATH: process.env["PATH"] ?? "" };
const shell = (script: string) => `<title>Shop</title><div id="root"></div><script>${script}</script>`;
const show = (text: string) => `document.getElementById("root").textContent += ${text}`;

let chromium: TestChromium;
let site: Site;
let trap: Trap;
let scraper: Scraper;
let routes: Record<string, Route | string>;

beforeAll(async () => {
  if (!hasChromium) return;
  chromium = await unpackChromium();
  // what other programs keep in the temporary folder is none of ours
  vi.stubEnv("TMPDIR", dirname(chromium.path));
});
afterAll(() => chromium?.remove());

beforeEach(async () => {
  routes = {};
  [site, trap] = await Promise.all([openSite(routes), openTrap()]);
  scraper = openScraper({
    allowPrivate: [site.host],
    userAgent: "axoner/1",
    browser: { path: chromium?.path, environment },
  });
});
afterEach(async () => {
  await Promise.all([scraper.close(), site.close(), trap.close()]);
});

type Wanted = Partial<Omit<ScrapeRequest, "urls">>;

function render(path: string, wanted: Wanted = {}, signal?: AbortSignal) {
  return scrapeAll(scraper, { urls: [site.origin + path], render: "auto", timeoutMs, ...wanted }, signal).then(
    ([page]) => page,
  );
}

/** The browsers of this test run, and what they keep on disk. */
function leftBehind(): string[] {
  const folders = readdirSync(tmpdir()).filter((name) => /^(axoner-browser-|playwright)/.test(name));
  const processes = readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && commandOf(pid).startsWith(chromium.path));
  return [...folders, ...processes];
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

describe.skipIf(!hasChromium)("a page that its scripts build", () => {
  test("is read as it is once they have run, and is not fetched twice", async () => {
    routes["/"] = shell(`
      fetch("/api").then((reply) => reply.json()).then(({ name }) => {
        document.title = "Built";
        ${show("name")};
        root.insertAdjacentHTML("beforeend", '<a href="/more">more</a><p class=price>7 EUR</p><img src="/a.png">');
      })`);
    routes["/api"] = reply('{"name":"Lamp"}', { "content-type": "application/json" });
    const select = [{ name: "price", css: ".price" }];
    const page = await render("/", { select });
    expect(page).toMatchObject({ title: "Built", status: 200, error: undefined, selected: ["7 EUR"] });
    expect(page?.content).toContain("Lamp");
    expect(site.requested.toSorted()).toEqual(["/", "/api"]);
  });

  test("is told who asks, and has the cookies of the run", async () => {
    routes["/"] = (response, request) =>
      reply(shell(`fetch("/api").then((r) => r.text()).then((t) => ${show("t + ' ' + document.cookie")})`), {
        "set-cookie": "id=7",
      })(response, request);
    routes["/api"] = (response, { headers }) =>
      reply(`${headers["user-agent"]} sent ${headers.cookie}`, { "content-type": "text/plain" })(response, {} as never);
    const page = await render("/");
    expect(page?.content).toMatch(/Chrome\/\S+.* axoner\/1 sent id=7 id=7/);
  });

  test("loads what it asks for through the proxy of the user", async () => {
    const proxy = await openTestProxy();
    routes["/"] = shell(`fetch("/api").then((r) => r.text()).then((t) => ${show("t")})`);
    routes["/api"] = "built";
    const browser = { path: chromium.path, environment };
    const options = { allowPrivate: [site.host], userAgent: "axoner/1", browser };
    const behind = openScraper({ ...options, proxies: { http: `http://${proxy.host}`, except: [] } });
    const [page] = await scrapeAll(behind, { urls: [`${site.origin}/`], render: "auto", timeoutMs });
    expect(page).toMatchObject({ content: "built", error: undefined });
    expect(proxy.asked.map(({ line }) => line)).toEqual([`CONNECT ${site.host}`, `CONNECT ${site.host}`]);
    await behind.close();
    await proxy.close();
  });

  test("leads to what it goes on to", async () => {
    routes["/"] = shell(`location.href = "/next"`);
    routes["/next"] = "<title>Next</title><p>arrived";
    expect(await render("/")).toMatchObject({ title: "Next", content: "arrived", finalUrl: `${site.origin}/next` });
  });

  test("leads a crawl on, though all of a site begins as one and the same", async () => {
    const app = shell(`
      const n = Number(location.pathname.slice(1));
      root.innerHTML = n === 0 ? "<h1>All</h1>" : "<h1>Number " + n + "</h1>";
      for (let to = 1; n === 0 && to <= 7; to += 1) root.innerHTML += '<a href="/' + to + '">to</a>'`);
    for (let n = 0; n <= 7; n += 1) routes[`/${n || ""}`] = app;
    const { pages } = await crawlAll(scraper, { startUrls: [`${site.origin}/`], render: "auto", timeoutMs });
    const found = pages.map(({ content }) => /All|Number \d/.exec(String(content))?.[0] ?? "");
    expect(found.toSorted()).toEqual(["All", ...[1, 2, 3, 4, 5, 6, 7].map((n) => `Number ${n}`)]);
  });

  test("is not run where that is not asked for, nor one that says something by itself", async () => {
    routes["/"] = shell(show("'built'"));
    routes["/said"] = `<p>${"a whole sentence ".repeat(40)}</p>${shell(show("'built'"))}`;
    expect((await render("/", { render: "never" }))?.content).toBe("");
    expect((await render("/said"))?.content).not.toContain("built");
    expect(leftBehind()).toEqual([]);
  });
});

describe.skipIf(!hasChromium)("nothing but what the guard lets through is reached by a page that", () => {
  const address = () => `127.0.0.1:${trap.port}`;
  test("tries every way to a port that is not allowed", async () => {
    routes["/to-trap"] = (response) => void response.writeHead(302, { location: `http://${address()}/` }).end();
    const attempts = attemptsAt(trap.port);
    for (const [name, attempt] of Object.entries(attempts)) {
      routes[`/${encodeURIComponent(name)}`] = shell(`
        (async () => { ${attempt} })()
          .then(() => ${show("'reached'")}, (refused) => ${show("'refused: ' + refused")})`);
    }
    const names = Object.keys(attempts);
    const urls = names.map((name) => `${site.origin}/${encodeURIComponent(name)}`);
    const pages = await scrapeAll(scraper, { urls, render: "auto", timeoutMs });
    const told = Object.fromEntries(names.map((name, order) => [name, pages[order]?.content]));
    expect(told).toEqual(Object.fromEntries(names.map((name) => [name, expect.stringMatching(/^refused/)])));
    expect(pages.flatMap(({ error }) => error ?? [])).toEqual([]);
    expect(trap.sprung()).toEqual([]);
  });

  test("goes there, which is its error", async () => {
    const gone = "http://127.0.0.1:1/";
    const targets = [`http://${address()}/`, `http://localhost:${trap.port}/`, `https://localhost:${trap.port}/`];
    targets.push("http://169.254.169.254/", "/to-trap", gone, "/nothing");
    routes["/to-trap"] = (response) => void response.writeHead(302, { location: `http://${address()}/` }).end();
    targets.forEach((target, order) => (routes[`/${order}`] = shell(`location.href = "${target}"`)));
    const urls = targets.map((_, order) => `${site.origin}/${order}`);
    const pages = await scrapeAll(scraper, { urls, render: "auto" });
    const blocked = targets.slice(0, -1).map(() => "blocked_address");
    expect(pages.map(({ error }) => error?.code)).toEqual([...blocked, "http_error"]);
    expect(trap.sprung()).toEqual([]);
  });

  test("has frames, windows and downloads", async () => {
    routes["/file"] = reply("x", { "content-disposition": "attachment; filename=x", "content-type": "a/b" });
    routes["/"] = shell(`
      document.body.insertAdjacentHTML("beforeend", '<iframe src="http://${address()}/"></iframe><iframe src="file:///etc/passwd"></iframe>');
      window.open("http://${address()}/"); window.open("/file"); location.assign("/file"); ${show("'here'")}`);
    const page = await render("/");
    expect(page?.content).toContain("here");
    expect(trap.sprung()).toEqual([]);
  });
});

describe.skipIf(!hasChromium)("a page that", () => {
  test("never stops computing is cut at its deadline, and costs no other", async () => {
    routes["/loop"] = shell("for (;;);");
    routes["/good"] = shell(show("'good'"));
    const urls = [`${site.origin}/loop`, `${site.origin}/good`];
    const [loop, good] = await scrapeAll(scraper, { urls, render: "auto", timeoutMs: 5_000 });
    expect(loop?.error?.code).toBe("timeout");
    expect(loop?.elapsedMs).toBeGreaterThan(1_000);
    expect(good?.content).toBe("good");
  });

  test("asks, opens windows or never rests is read all the same", async () => {
    const scripts = [
      "alert(1); confirm(2); prompt(3)",
      "onbeforeunload = (event) => { event.preventDefault(); return 'stay' }",
      "for (let n = 0; n < 5; n += 1) open('/other')",
      "print()",
      "navigator.mediaDevices?.getUserMedia({ video: true }).catch(() => {})",
      "new EventSource('/silent')",
      "navigator.serviceWorker?.register('/sw.js').catch(() => {})",
      "setInterval(() => fetch('/other'), 50)",
      "document.title = 'x'.repeat(1e6)",
      "Object.defineProperty(Element.prototype, 'outerHTML', { get: () => 'lies' })",
    ];
    routes["/silent"] = () => {};
    routes["/other"] = "<p>other";
    scripts.forEach((script, order) => (routes[`/${order}`] = shell(`${show("'here'")}; ${script}`)));
    const urls = scripts.map((_, order) => `${site.origin}/${order}`);
    const pages = await scrapeAll(scraper, { urls, render: "auto", timeoutMs });
    expect(pages.map(({ content, error }) => error ?? content)).toEqual(scripts.map(() => "here"));
  });

  test("loads or becomes too much is refused", async () => {
    routes["/grow"] = shell(
      "root.hidden = true; const s = 'x'.repeat(1e6); for (let n = 0; n < 12; n += 1) root.append(s)",
    );
    routes["/big"] = reply(Buffer.alloc(60_000_000, "a"), { "content-type": "text/plain" });
    routes["/load"] = shell(`fetch("/big").then((r) => r.text()).then((t) => ${show("t.length")})`);
    expect((await render("/grow"))?.error).toMatchObject({ code: "too_large" });
    expect((await render("/load"))?.error).toMatchObject({ code: "too_large" });
  });

  test("goes to what is no web page has failed", async () => {
    const targets = ["file:///etc/passwd", "about:blank", "data:text/html,<p>here"];
    targets.forEach((target, order) => {
      routes[`/${order}`] = shell(`location.href = ${JSON.stringify(target)}`);
    });
    const urls = targets.map((_, order) => `${site.origin}/${order}`);
    const pages = await scrapeAll(scraper, { urls, render: "auto", timeoutMs });
    for (const page of pages) expect(page.error?.code).toBe("not_allowed");
  });

  test("goes round and round is not followed for ever", async () => {
    routes["/"] = shell(`location.href = "/r?" + Math.random()`);
    routes["/r"] = shell(`location.href = "/r?" + Math.random()`);
    expect((await render("/"))?.error).toMatchObject({ code: "http_error" });
    expect(site.requested.length).toBeLessThan(10);
  });

  test("goes where robots.txt forbids is refused", async () => {
    routes["/robots.txt"] = reply("User-agent: *\nDisallow: /private", { "content-type": "text/plain" });
    routes["/"] = shell(`location.href = "/private"`);
    expect((await render("/", { respectRobots: true }))?.error?.code).toBe("robots_denied");
    expect(site.requested).not.toContain("/private");
  });
});

describe.skipIf(!hasChromium)("a browser", () => {
  test("and all it wrote are gone once the run is over", async () => {
    routes["/"] = shell(show("'here'"));
    await render("/");
    await vi.waitFor(() => expect(leftBehind()).toEqual([]));
  });

  test("is killed within a second of a cancel", async () => {
    routes["/"] = shell("for (;;);");
    const stop = new AbortController();
    const reading = render("/", {}, stop.signal);
    await vi.waitFor(() => expect(leftBehind().length).toBeGreaterThan(3), { timeout: 10_000 });
    await delay(500);
    stop.abort(new Error("enough"));
    await expect(reading).rejects.toThrow("enough");
    await vi.waitFor(() => expect(leftBehind()).toEqual([]), { timeout: 1_000 });
  });

  test("that dies is replaced for the next page", async () => {
    routes["/die"] = shell("0");
    routes["/"] = shell(show("'here'"));
    const killer = setInterval(() => {
      for (const pid of leftBehind().filter((name) => /^\d+$/.test(name))) process.kill(Number(pid), "SIGKILL");
    }, 20);
    const dead = await render("/die").finally(() => clearInterval(killer));
    expect(dead?.error?.code).toMatch(/unavailable|unreadable/);
    expect((await render("/"))?.content).toBe("here");
  });
});

describe("where there is no browser", () => {
  test("that is said, and the page is given as it was fetched", async () => {
    routes["/"] = `<title>Shop</title><div id="root">Loading…</div><script>0</script>`;
    const none = openScraper({
      allowPrivate: [site.host],
      userAgent: "axoner/1",
      browser: { path: "/nowhere/chrome", environment },
    });
    const [page] = await scrapeAll(none, { urls: [`${site.origin}/`], render: "auto" });
    expect(page).toMatchObject({ title: "Shop", content: "Loading…", error: { code: "unavailable" } });
    expect(page?.error?.message).toMatch(/needs its scripts.*\/nowhere\/chrome.*content is what it says without them/);
    await none.close();
  });
});
