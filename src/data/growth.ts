import { access, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { systemErrorCode, ToolError } from "../errors.ts";
import type { JsonObject } from "../message.ts";
import type { Column, Dataset } from "./dataset.ts";
import { readDataset, sidecarPath, writeSidecar, type Description, type Entry } from "./dataset-entries.ts";
import { newDatasetId } from "./dataset-names.ts";
import type { SecureDraft } from "./dataset-writer.ts";
import { openGrowing, type GrowingDataset, type GrownDataset, type ResumedDataset } from "./growing.ts";
import { openAhead, settleAhead } from "./rows-ahead.ts";
import { alignLines, readFirstRows, readJsonLines } from "./row-lines.ts";
import { isLeft, newOwnName, writeFailure, type Workspace } from "./workspace.ts";

/**
 * Where datasets grow. Their rows lie in `ds_….OWNER.jsonl`, where only the process that the name tells may write, and
 * their notes in `ds_….notes`, or those that are there before their turn in `ds_….ahead`; the sidecar is there from the start and says `unfinished`. Whoever renames the rows to an
 * owner's name of his own has taken the dataset over, and only one can. Under `ds_….jsonl` lie only rows that the sidecar
 * describes.
 */
export interface Growth {
  begin(entry: Entry, columns: Column[], origin: JsonObject): Promise<GrowingDataset>;
  /** Take over rows that are being written, so that they are found as an unfinished dataset should this process be killed. */
  secure(
    path: string,
    made: { columns: Column[]; origin: JsonObject; saveAs: string | undefined },
  ): Promise<SecureDraft>;
  /** @param dataset what was found under the name; see `Datasets.resume` */
  resume(wanted: string, dataset: Dataset | undefined, saveAs: string | undefined): Promise<ResumedDataset>;
  /**
   * Put a dataset that was left in the middle in order, as far as it came. Whether there was one.
   *
   * @throws ToolError `conflict` where somebody writes it
   */
  settle(entry: Entry, described: Description): Promise<boolean>;
}

/** As many as a preview shows. */
const firstRowCount = 50;

/** The drafts that this process writes; one with its process id that is not among them is older. */
const ownDrafts = new Set<string>();

interface Place {
  workspace: Workspace;
  folder: string;
}

export function openGrowth(place: Place): Growth {
  return {
    begin: (entry, columns, origin) => begin(place, entry, { columns, origin }),
    secure: (path, made) => secure(place, path, made),
    resume: (wanted, dataset, saveAs) => resume(place, wanted, { dataset, saveAs }),
    async settle(entry, { columns, origin }) {
      const draft = await findDraft(place.folder, entry.id);
      if (draft === undefined) return false;
      if (!draft.isLeft) throw beingWritten(entry.id);
      const left = { columns, origin, rowCount: undefined, unfinished: true };
      const own = await takeOver(place, entry.id, draft.name);
      const ahead = await settleAhead(place.folder, entry.id, join(place.folder, own));
      if (ahead !== undefined) await rm(ahead);
      await publish(place, { entry, draft: own }, left);
      return true;
    },
  };
}

async function begin(
  place: Place,
  entry: Entry,
  { columns, origin }: { columns: Column[]; origin: JsonObject },
): Promise<GrowingDataset> {
  await place.workspace.folder("datasets");
  const draft = `${entry.id}.${newOwnName()}.jsonl`;
  ownDrafts.add(draft);
  const empty = { columns, rowCount: 0 };
  const growing = await openDraft(place, { entry, draft }, empty);
  await writeSidecar(place.workspace, sidecarPath(place.folder, entry), {
    ...empty,
    origin,
    format: "jsonl",
    unfinished: true,
  });
  return growing;
}

/** Its name means what it meant before, until this is finished. */
async function secure(
  place: Place,
  path: string,
  { columns, origin, saveAs }: { columns: Column[]; origin: JsonObject; saveAs: string | undefined },
): Promise<SecureDraft> {
  const { workspace, folder } = place;
  const entry: Entry = { id: newDatasetId(), name: undefined };
  await workspace.folder("datasets");
  const draft = `${entry.id}.${newOwnName()}.jsonl`;
  ownDrafts.add(draft);
  try {
    await rename(path, join(folder, draft));
    const described = { columns, origin, rowCount: 0, format: "jsonl", unfinished: true } as const;
    await writeSidecar(workspace, sidecarPath(folder, entry), described);
  } catch (thrown) {
    await rename(join(folder, draft), path).catch(() => undefined); // what was not moved yet need not be moved back
    ownDrafts.delete(draft);
    throw writeFailure(thrown, "a dataset");
  }
  const ahead = openAhead(folder, entry.id);
  return {
    id: entry.id,
    keepAhead: ahead.keep,
    async publish(written) {
      await ahead.remove();
      await publish(place, { entry, draft }, { ...written, unfinished: false });
      const named = { id: entry.id, name: saveAs };
      if (saveAs !== undefined) await rename(sidecarPath(folder, entry), sidecarPath(folder, named));
      return await readDataset(folder, named, () => Promise.resolve(false));
    },
    async discard() {
      await rm(sidecarPath(folder, entry), { force: true });
      await ahead.remove();
      await rm(join(folder, draft), { force: true });
      ownDrafts.delete(draft);
    },
  };
}

async function resume(
  place: Place,
  wanted: string,
  { dataset, saveAs }: { dataset: Dataset | undefined; saveAs: string | undefined },
): Promise<ResumedDataset> {
  const { folder } = place;
  if (dataset === undefined) throw new ToolError("not_found", `there is no dataset '${wanted}' to resume`);
  const { id, name, columns } = dataset;
  if (!dataset.unfinished)
    throw new ToolError("invalid_input", `${wanted} is complete: nothing is left of what made it; query it as it is`);
  const draft = await takeOver(place, id, `${id}.jsonl`);
  const entry = { id, name: saveAs ?? name };
  await rename(sidecarPath(folder, { id, name }), sidecarPath(folder, entry));
  return {
    dataset: { ...dataset, name: entry.name },
    growing: await openDraft(place, { entry, draft }, dataset),
    notes: readJsonLines(notesPath(place, id)),
    firstRows: await readFirstRows(join(folder, draft), columns, firstRowCount),
  };
}

interface Draft {
  entry: Entry;
  /** The name of the file with the rows, which this process owns. */
  draft: string;
}

async function openDraft(
  place: Place,
  { entry, draft }: Draft,
  { columns, rowCount }: Pick<Dataset, "columns" | "rowCount">,
): Promise<GrowingDataset> {
  try {
    return await openGrowing({
      id: entry.id,
      columns,
      rowCount,
      paths: [join(place.folder, draft), notesPath(place, entry.id)],
      async publish(made) {
        await publish(place, { entry, draft }, { columns, ...made });
        return await readDataset(place.folder, entry, () => Promise.resolve(false));
      },
    });
  } catch (thrown) {
    ownDrafts.delete(draft);
    throw thrown;
  }
}

/** Until the rename the rows are a draft, which can be settled; from then on the sidecar is true. */
async function publish(
  place: Place,
  { entry, draft }: Draft,
  made: GrownDataset & Pick<Description, "columns">,
): Promise<void> {
  const rows = join(place.folder, draft);
  const notes = notesPath(place, entry.id);
  try {
    // What could not be written whole is no row.
    const written = (await isThere(notes)) ? [rows, notes] : [rows];
    const rowCount = made.rowCount ?? (await alignLines(written));
    const described = { ...made, rowCount, format: "jsonl" } as const;
    await writeSidecar(place.workspace, sidecarPath(place.folder, entry), described);
    await rename(rows, join(place.folder, `${entry.id}.jsonl`));
    if (!made.unfinished) await rm(notes, { force: true });
  } catch (thrown) {
    throw writeFailure(thrown, "a dataset");
  } finally {
    ownDrafts.delete(draft);
  }
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function notesPath({ folder }: Place, id: string): string {
  return join(folder, `${id}.notes`);
}

/** @throws ToolError `conflict` where somebody else was first */
async function takeOver({ folder }: Place, id: string, from: string): Promise<string> {
  const draft = `${id}.${newOwnName()}.jsonl`;
  ownDrafts.add(draft);
  try {
    await rename(join(folder, from), join(folder, draft));
    return draft;
  } catch (thrown) {
    ownDrafts.delete(draft);
    throw systemErrorCode(thrown) === "ENOENT" ? beingWritten(id) : thrown;
  }
}

/** The rows of a dataset that grows, or was left in the middle. */
async function findDraft(folder: string, id: string): Promise<{ name: string; isLeft: boolean } | undefined> {
  const pattern = new RegExp(`^${id}\\.((\\d+)-[0-9a-f]{8}-[0-9a-f]{16})\\.jsonl$`);
  for (const name of await readdir(folder)) {
    const [, owner, pid] = pattern.exec(name) ?? [];
    if (owner === undefined) continue;
    const isOlder = Number(pid) === process.pid && !ownDrafts.has(name);
    return { name, isLeft: isOlder || (await isLeft(join(folder, name), owner)) };
  }
  return undefined;
}

function beingWritten(id: string): ToolError {
  return new ToolError("conflict", `${id} is still being written; wait until whoever makes it is done, or cancel that`);
}
