/** What the tests of one's own agents and tools need: `import { … } from "axoner/testing"`. */
export { scriptedProvider, type ScriptedReply, type ScriptStep } from "./providers/scripted.ts";
export type { ModelEvent, ModelReply, ModelRequest, ModelTool, Provider, StopReason } from "./providers/provider.ts";
