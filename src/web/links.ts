import { collapse, type Resolve, type Sink } from "./sink.ts";

/** Every link of a page as `{text, url}`, in order; an image in a link gives its description. */
export function openLinks(resolve: Resolve): Sink {
  const links: { text: string; url: string }[] = [];
  const closes: ((() => void) | undefined)[] = [];
  let open: string[] | undefined;
  return {
    open({ name, attributes }) {
      if (name === "img") open?.push(` ${attributes.get("alt") ?? ""} `);
      const url = name === "a" || name === "area" ? resolve(attributes.get("href")) : undefined;
      if (url === undefined) return void closes.push(undefined);
      const text: string[] = [attributes.get("alt") ?? ""];
      const outer = open;
      open = text;
      const link = { text: "", url };
      links.push(link);
      closes.push(() => {
        link.text = collapse(text.join(""));
        open = outer;
      });
    },
    close: () => closes.pop()?.(),
    text: (text) => void open?.push(text),
    end: () => links,
  };
}
