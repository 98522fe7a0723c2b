/** What a server ends with after a signal, as shells count. */
export const signalCodes = { SIGTERM: 143, SIGINT: 130, SIGHUP: 129 } as const;

/** Wait for what is being closed, but no longer than this. */
export async function withDeadline(work: Promise<void>, deadlineMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<void>((resolve) => (timer = setTimeout(resolve, deadlineMs)));
  await Promise.race([work, deadline]);
  clearTimeout(timer);
}
