/** The library: `import { createAgent, defineTool, serve } from "axoner"`. */
export type {
  Agent,
  AgentOptions,
  AgentSettings,
  CompactResult,
  EngineSource,
  RunLimits,
  RunOptions,
  ToolSource,
  WantedProvider,
} from "./agent/agent.ts";
export type { AgentEvent, AnsweredBy, ExitReason, RunResult, ToolProgressEvent } from "./agent/events.ts";
export type { Approval, ApprovalContext, Approve, CallToApprove } from "./agent/approval.ts";
export { approvalPolicy, type Answer, type Ask, type PolicyOptions, type Question } from "./agent/approval-policy.ts";
export type { Effect } from "./agent/call-effects.ts";
export type { BeginningRun, RunTrace, TraceRun, TraceTool } from "./agent/run-trace.ts";
export type { ApprovalMode, ApprovalModes } from "./config/approval.ts";
export { createAgent, type RecordedRuns } from "./runtime/create-agent.ts";
export type { CallOptions, Engine } from "./engine/engine.ts";
export {
  AxonerError,
  ConfigError,
  errorCodes,
  ProviderError,
  SessionConflictError,
  ToolError,
  type ErrorCode,
  type ProviderErrorKind,
  type ProviderErrorOptions,
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
  UserMessage,
} from "./message.ts";
export { openNodeHost, type NodeHost, type NodeHostOptions } from "./runtime/node-host.ts";
export { openProvider, type ProviderOptions } from "./providers/index.ts";
export type { ReplyLimits } from "./providers/lib/http-provider.ts";
export type {
  LostAttempt,
  ModelEvent,
  ModelReply,
  ModelRequest,
  ModelTool,
  OutputFormat,
  Price,
  Provider,
  RequestMeter,
  StartedAttempt,
  StopReason,
} from "./providers/provider.ts";
export { openRecording, type RecordingOptions } from "./recording/setup.ts";
export type { RunTrack, Tape } from "./recording/tape.ts";
export type { CheckAddress, TapedQuestion, Taping } from "./taping.ts";
export type { StatedPrice } from "./providers/stated-price.ts";
export { serve, type ServeOptions } from "./runtime/serve.ts";
export type { TokenUsage } from "./token-usage.ts";
export { openStore } from "./session/index.ts";
export {
  checkSessionId,
  conflict as sessionConflict,
  summarize as summarizeSession,
  type Presence,
  type Session,
  type SessionStore,
  type SessionSummary,
  type StoreOptions,
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
  type ToolHints,
  type ToolOptions,
  type ToolResult,
} from "./tools/tool.ts";
export type { ProxySettings } from "./web/proxies.ts";
export { version } from "./version.ts";
