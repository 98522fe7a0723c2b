/** The library: `import { createAgent, defineTool, serve } from "axoner"`. */
export type { Agent, AgentOptions, AgentSettings, RunLimits, RunOptions } from "./agent/agent.ts";
export type { AgentEvent, ExitReason, RunResult, TokenUsage } from "./agent/events.ts";
export type { BeginningRun, RunTrace, TraceRun, TraceTool } from "./agent/run-trace.ts";
export { createAgent } from "./create-agent.ts";
export type { CallOptions, Engine } from "./engine/engine.ts";
export {
  AxonerError,
  ConfigError,
  errorCodes,
  ProviderError,
  SessionConflictError,
  ToolError,
  type ErrorCode,
} from "./errors.ts";
export type { BodyReader, Host, HostRequest, HostResponse } from "./host.ts";
export type {
  AssistantPart,
  JsonObject,
  JsonValue,
  Message,
  Note,
  Picture,
  StoredMessage,
  ToolCall,
  ToolMessage,
  Usage,
} from "./message.ts";
export { openNodeHost } from "./node-host.ts";
export { openProvider } from "./providers/index.ts";
export type {
  ModelEvent,
  ModelReply,
  ModelRequest,
  ModelTool,
  OutputFormat,
  Price,
  Provider,
  StopReason,
} from "./providers/provider.ts";
export { openRecording, type RecordingOptions } from "./recording/setup.ts";
export type { RunTrack, Tape } from "./recording/tape.ts";
export type { Question, Taping } from "./taping.ts";
export { serve, type ServeOptions } from "./serve.ts";
export { openStore } from "./session/index.ts";
export {
  checkSessionId,
  conflict as sessionConflict,
  summarize as summarizeSession,
  type Session,
  type SessionStore,
  type SessionSummary,
} from "./session/store.ts";
export { tools } from "./tools/index.ts";
export type { Services } from "./tools/services.ts";
export {
  defineTool,
  type Image,
  type Progress,
  type RunContext,
  type Tool,
  type CallingRun,
  type ToolContext,
  type ToolDefinition,
  type ToolResult,
} from "./tools/tool.ts";
export { version } from "./version.ts";
