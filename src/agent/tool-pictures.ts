import type { Picture } from "../message.ts";
import type { Image, ToolResult } from "../tools/tool.ts";

/** What every service that takes pictures takes. */
const mediaTypes = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const maxBase64Chars = 5_000_000;
/** Of one call: each costs a thousand tokens or more, in every request from then on. */
const maxPictures = 4;

/** The pictures of a result that a model can be shown, and what it is told of the others. */
export function picturesOf(result: ToolResult): { pictures: Picture[]; note: string } {
  const all = (result.ok ? result.images : undefined) ?? [];
  const pictures = all
    .filter(isShowable)
    .slice(0, maxPictures)
    .map(({ mimeType, data }): Picture => ({ mediaType: mimeType, base64: data }));
  const left = all.length - pictures.length;
  const what = `at most ${maxPictures} are shown, as PNG, JPEG, GIF or WebP of less than ${maxBase64Chars / 1_000_000} MB`;
  return { pictures, note: left === 0 ? "" : `\n[${left} of ${all.length} pictures cannot be shown to you: ${what}]` };
}

function isShowable({ mimeType, data }: Image): boolean {
  return mediaTypes.includes(mimeType) && data.length <= maxBase64Chars && /^[A-Za-z0-9+/]+={0,2}$/.test(data);
}
