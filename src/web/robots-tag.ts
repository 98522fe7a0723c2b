/**
 * Whether a reply asks that the links of its page are not followed.
 *
 * @param tags the values of `X-Robots-Tag`: directives, after the name of the program that they are for where there is one.
 * https://developers.google.com/search/docs/crawling-indexing/robots-meta-tag#xrobotstag
 * @param product ours, in lower case
 */
export function isNofollow(tags: readonly string[], product: string): boolean {
  return tags.some((tag) => {
    let isForUs = true;
    return tag
      .toLowerCase()
      .slice(0, maxTagChars)
      .split(",")
      .some((part) => {
        const [, name, directive = ""] = /^\s*(?:([a-z0-9_-]+)\s*:)?\s*(.*?)\s*$/.exec(part) ?? [];
        // A name stands for all that follows it; these directives have values of their own.
        if (name !== undefined && !valued.has(name)) isForUs = name === product;
        return isForUs && (directive === "nofollow" || directive === "none");
      });
  });
}

const maxTagChars = 2_000;
const valued = new Set(["unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"]);
