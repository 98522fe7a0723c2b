import type { Config } from "../config.ts";
import { completeSource } from "../data/complete-source.ts";
import { openDatasets } from "../data/dataset.ts";
import type { Engine } from "../engine/engine.ts";
import type { Catalogue } from "../mcp/catalogue.ts";
import { once } from "../once.ts";
import { openConfiguredStore } from "../runtime/open-agent.ts";
import { datasetShelf } from "./datasets.ts";
import { completeWord, fillPrompt, knownPrompts, promptsFor } from "./prompts.ts";
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
  const offered = async () => new Set((await engine.definitions()).map(({ name }) => name));
  const prompts = async () => promptsFor(await offered());

  return {
    templates: async () => (await Promise.all(shelves.map((shelf) => shelf.templates()))).flat(),
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
      return known !== undefined && isOffered ? fillPrompt(known, given, await offered()) : undefined;
    },
    async complete({ of, argument, value }) {
      if ("template" in of) {
        if (!of.template.includes(`{${argument}}`)) return undefined;
        for (const shelf of shelves) {
          if ((await shelf.templates()).some(({ uriTemplate }) => uriTemplate === of.template))
            return shelf.complete(value);
        }
        return undefined;
      }
      const prompt = (await prompts()).find(({ name }) => name === of.prompt);
      const isTaken = prompt?.arguments.some(({ name }) => name === argument) ?? false;
      const known = isTaken ? knownPrompts[of.prompt]?.arguments[argument] : undefined;
      if (known === undefined) return undefined;
      if (known.values !== "sources") return completeWord(known, value);
      return [...(await completeSource(value, places)), ...(value.includes("/") ? [] : await datasets.complete(value))];
    },
    close: async () => (await store.opened())?.close(),
  };
}
