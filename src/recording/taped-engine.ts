import type { Engine } from "../engine/engine.ts";
import { whileTaping } from "../taping.ts";
import type { Tool } from "../tools/tool.ts";
import type { Tape } from "./tape.ts";

/** The same engine, each call of which is a part of the recording. */
export function tapedEngine(engine: Engine, tape: Tape): Engine {
  return {
    definitions: () => engine.definitions(),
    call: (name, input, options) => whileTaping(tape.ofCall(name, input), () => engine.call(name, input, options)),
    close: () => engine.close(),
  };
}

export function tapedTool(tool: Tool, tape: Tape): Tool {
  return {
    ...tool,
    call: (input, context) => whileTaping(tape.ofCall(tool.name, input), () => tool.call(input, context)),
  };
}
