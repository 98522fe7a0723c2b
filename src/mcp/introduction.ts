import type { Icon } from "./catalogue.ts";

export interface Introduced {
  name: string;
  version: string;
  /** Shown beside the name by clients that do; default none. */
  icons?: readonly Icon[];
  /** Whether there is a catalogue beside the tools: resources, prompts and the completion of their arguments. */
  hasCatalogue: boolean;
}

/** How a server names itself: the same from the front and from the SDK. */
export function serverInfo({ name, version, icons }: Introduced) {
  return { name, version, ...(icons === undefined ? {} : { icons: icons.map((icon) => ({ ...icon })) }) };
}

/** What a server can be asked: the same from the front and from the SDK. */
export function capabilities({ hasCatalogue }: Introduced) {
  return { tools: {}, ...(hasCatalogue ? { resources: {}, prompts: {}, completions: {} } : {}) };
}
