import type { Config } from "../config.ts";
import { completeSource } from "../data/complete-source.ts";
import { openDatasets } from "../data/dataset.ts";
import type { Engine } from "../engine/engine.ts";
import type { Catalogue } from "../mcp/catalogue.ts";
import { once } from "../once.ts";
import { openConfiguredStore } from "../open-agent.ts";
import { datasetShelf } from "./datasets.ts";
import { fillPrompt, knownPrompts, promptsFor } from "./prompts.ts";
import { sessionShelf } from "./sessions.ts";

export interface OpenCatalogue extends Catalogue {
  close(): Promise<void>;
}

/**
 * Datasets, prompts and the completion of their arguments. Conversations are private: they are in it only where the
 * user has said so.
 *
 * @param engine calls the tool that reads rows, and says which tools there are
 */
export function openCatalogue(config: Config, engine: Engine): OpenCatalogue {
  const store = once(() => openConfiguredStore(config));
  const datasets = datasetShelf(openDatasets(config.workspace), engine);
  const shelves = [datasets, ...(config.offer_sessions ? [sessionShelf(() => store.get())] : [])];
  const places = { roots: config.roots, workspace: config.workspace, privatePaths: config.private_paths };
  const prompts = async () => promptsFor(new Set((await engine.definitions()).map(({ name }) => name)));

  return {
    templates: shelves.flatMap(({ templates }) => templates),
    resources: async () => (await Promise.all(shelves.map((shelf) => shelf.list()))).flat(),
    async read(uri, signal) {
      for (const shelf of shelves) {
        const found = await shelf.read(uri, signal);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    prompts,
    async fill(name, given) {
      const known = Object.hasOwn(knownPrompts, name) ? knownPrompts[name] : undefined;
      const isOffered = (await prompts()).some((prompt) => prompt.name === name);
      return known !== undefined && isOffered ? fillPrompt(known, given) : undefined;
    },
    async complete({ of, argument, value }) {
      if ("template" in of) {
        const template = ({ uriTemplate }: { uriTemplate: string }) => uriTemplate === of.template;
        const shelf = shelves.find(({ templates }) => templates.some(template));
        return shelf !== undefined && of.template.includes(`{${argument}}`) ? shelf.complete(value) : undefined;
      }
      const prompt = Object.hasOwn(knownPrompts, of.prompt) ? knownPrompts[of.prompt]?.arguments : undefined;
      const known = prompt !== undefined && Object.hasOwn(prompt, argument) ? prompt[argument] : undefined;
      if (known === undefined) return undefined;
      if (known.values !== "sources") return known.values.filter((word) => word.startsWith(value.toLowerCase()));
      return [...(await completeSource(value, places)), ...(value.includes("/") ? [] : await datasets.complete(value))];
    },
    close: async () => (await store.opened())?.close(),
  };
}
