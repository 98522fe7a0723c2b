/** What the tests of one's own agents, tools, providers and stores need: `import { … } from "axoner/testing"`. */
export type { ContractCase } from "./contracts/contract.ts";
export { providerContract, type ProviderUnderTest } from "./contracts/provider.ts";
export { sessionStoreContract } from "./contracts/session-store.ts";
export { toolContract, type ToolUnderTest } from "./contracts/tool.ts";
export { scriptedProvider, type ScriptedOptions, type ScriptedReply, type ScriptStep } from "./providers/scripted.ts";
export type { ModelEvent, ModelReply, ModelRequest, ModelTool, Provider, StopReason } from "./providers/provider.ts";
