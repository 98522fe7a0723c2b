import { releaseGarbage } from "../../isolate/collect-garbage.ts";
import { answerTasks } from "../../isolate/tasks.ts";
import { draw } from "./draw.ts";
import type { DrawTask } from "./drawing.ts";

answerTasks(
  (task) => draw(task as DrawTask),
  () => [],
  () => idle.refresh(),
);

/** What pictures leave behind, 28 MB after seven, would stay until the next. That one takes 8 ms longer: not where it follows soon. */
const idleMs = 10_000;
const keptMb = 16;
const idle = setTimeout(() => releaseGarbage(keptMb), idleMs).unref();
