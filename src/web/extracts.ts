/** What may be taken from a page. Apart from what does it, which is loaded where pages are read. */
export const extracts = ["markdown", "text", "links", "tables", "metadata", "html"] as const;
export type Extract = (typeof extracts)[number];
