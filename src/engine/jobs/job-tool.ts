import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { ToolError } from "../../errors.ts";
import { cutText, printable } from "../../text/text.ts";
import { outcomeOf } from "../../tools/outcome.ts";
import { inputJsonSchema, outputJsonSchema, parseInput } from "../../tools/schema.ts";
import type { Image, Tool, ToolContext, ToolResult } from "../../tools/tool.ts";
import { keptMs, type Job, type JobFiles } from "./job-files.ts";
import { stateOf } from "./state.ts";

const input = z.object({
  job_id: z.string(),
  action: z.enum(["wait", "read", "cancel"]).default("wait"),
  wait_s: z.number().min(0).max(600).default(4),
});
type Input = z.output<typeof input>;

/** The rest is that of the tool whose work it is. */
const output = z.object({});

const name = "job";

/** Its result is that of another tool, whatever fields that has. */
export function jobTool(files: () => Promise<JobFiles>): Tool {
  const inputSchema = inputJsonSchema(name, input);
  return {
    name,
    description: "Wait for, read or cancel a call that was answered with status running; gives its result once done.",
    inputSchema,
    outputSchema: outputJsonSchema(output),
    hints: { readOnly: false, openWorld: false, long: false },
    async call(sent, context) {
      const images: Image[] = [];
      const work = async () => {
        const result = await follow(await files(), parseInput({ name, input, schema: inputSchema }, sent), context);
        if (!result.ok) throw new ToolError(result.code, result.message);
        images.push(...(result.images ?? []));
        return result.value;
      };
      const outcome = await outcomeOf(context.signal, work);
      return outcome.ok && images.length > 0 ? { ...outcome, images } : outcome;
    },
  };
}

/** How long a cancelled job may take to end, until it is told as running still. */
const cancelMs = 2_000;
const pollMs = 40;

async function follow(files: JobFiles, { job_id: id, action, wait_s }: Input, context: Following): Promise<ToolResult> {
  let job = await find(files, id);
  if (action === "cancel" && job.result === undefined) await files.requestCancel(id);
  const waitMs = { wait: wait_s * 1_000, read: 0, cancel: cancelMs }[action];
  for (const until = Date.now() + waitMs; ; await delay(pollMs, undefined, { signal: context.signal })) {
    if (job.result !== undefined) return job.result;
    const why = await files.whyLeft(job);
    // The last that its process wrote may have come after what was read.
    if (why !== undefined) job = await find(files, id);
    if (job.result !== undefined) return job.result;
    if (why !== undefined)
      return { ok: true, value: { status: "interrupted", ...stateOf(job), message: lost(job, why) } };
    if (Date.now() >= until) return { ok: true, value: { status: "running", ...stateOf(job) } };
    context.progress(job.progress);
    job = await find(files, id);
  }
}

type Following = Pick<ToolContext, "signal" | "progress">;

async function find(files: JobFiles, id: string): Promise<Job> {
  const job = await files.read(id);
  if (job !== undefined) return job;
  const kept = `jobs are kept for ${keptMs / 60_000} minutes after their end, in the workspace in which they began`;
  throw new ToolError("not_found", `there is no job "${cutText(printable(id), 60)}"; ${kept}`);
}

function lost({ progress: { message, dataset } }: Job, why: string): string {
  const far = message === undefined ? "" : `; it had come to: ${message}`;
  const kept = dataset === undefined || why.includes(dataset) ? "" : `; what it had is kept as ${dataset}`;
  return `${why}${far}${kept}`;
}
