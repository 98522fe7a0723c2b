export interface TestGroup {
  name: string;
  folder: string;
  requirements: string;
  tests: string;
}
export const testGroups: readonly [TestGroup, TestGroup, TestGroup];
export function findPython(options?: { newestMinor?: number }): string;
export function ensureTestEnvironment(group?: TestGroup): Promise<string>;
