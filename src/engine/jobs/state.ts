import type { JsonObject } from "../../message.ts";
import type { ToolResult } from "../../tools/tool.ts";
import type { Job } from "./job-files.ts";

/** Whether a call was answered with a job that goes on. */
export function tellsOfJob(result: ToolResult): boolean {
  return result.ok && result.value["status"] === "running" && typeof result.value["job_id"] === "string";
}

/** What is told of a job that has not ended, or was ended before it was done. */
export function stateOf({ id, progress }: Job): JsonObject {
  const { done, total, message, dataset } = progress;
  return {
    job_id: id,
    done,
    ...(total !== undefined && { total }),
    ...(message !== undefined && { message }),
    ...(dataset !== undefined && { dataset }),
  };
}
