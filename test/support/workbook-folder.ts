import { afterAll } from "vitest";
import { openDataFolder, type DataFolder } from "./data-folder.ts";
import { workbookFile, type WorkbookOptions } from "./workbook-file.ts";

export interface WorkbookFolder extends DataFolder {
  /** Write a workbook into the folder, which takes the place of the one before. */
  writeBook(options: WorkbookOptions, name?: string): Promise<string>;
}

/** A data folder for the tests of a file. It is closed after the last of them. */
export async function useWorkbookFolder(): Promise<WorkbookFolder> {
  const folder = await openDataFolder();
  afterAll(() => folder.close());
  return { ...folder, writeBook: (options, name = "book.xlsx") => folder.write(name, workbookFile(options)) };
}
