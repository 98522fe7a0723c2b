import { answerTasks } from "../../isolate/tasks.ts";
import { draw } from "./draw.ts";
import type { DrawTask } from "./drawing.ts";

answerTasks((task) => draw(task as DrawTask));
