import { z } from "zod";
import { errorCodes, ToolError } from "../../errors.ts";
import type { Taping } from "../../taping.ts";
import type { RunnablePage } from "./render-page.ts";
import type { Rendered } from "./rendering.ts";

const kept = z.discriminatedUnion("ok", [
  z.object({ ok: z.literal(true), html: z.string(), finalUrl: z.string(), elapsedMs: z.number() }),
  z.object({ ok: z.literal(false), code: z.enum(errorCodes), message: z.string(), elapsedMs: z.number() }),
]);

/** What a page becomes once its scripts have run is recorded, not what they load; a replay starts no browser. */
export async function tapedRender(
  { url }: RunnablePage,
  taping: Taping,
  render: () => Promise<Rendered>,
): Promise<Rendered> {
  const answer = await taping.asked({
    to: "browser",
    request: { url: url.href },
    ask: async () => toKept(await render()),
  });
  const rendered = kept.parse(answer);
  if (rendered.ok) return rendered;
  const { code, message, elapsedMs } = rendered;
  return { ok: false, error: new ToolError(code, message), elapsedMs };
}

function toKept(rendered: Rendered): z.input<typeof kept> {
  const { elapsedMs } = rendered;
  if (rendered.ok) return { ok: true, html: rendered.html, finalUrl: rendered.finalUrl, elapsedMs };
  const { code, message } = rendered.error;
  return { ok: false, code, message, elapsedMs };
}
