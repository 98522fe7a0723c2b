import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { systemErrorCode } from "../../src/errors.ts";

/** The files that a round of the benchmark reads. */
export interface BenchFiles {
  /** `id,day,sku,city,quantity,price,note`: SKUs with leading zeros, empty cells, quoted line ends, Unicode. */
  sales: string;
  /** `sku,category,weight`, a million rows. */
  products: string;
}

const productCount = 1_000_000;
const cities = ["Lyon", "Oslo", "Zürich", "Αθήνα", "Київ", "東京", "São Paulo", "Reykjavík", "Łódź", "Bogotá"];

/** Make the files of a size once; later runs find them. The same size gives the same bytes on every machine. */
export async function makeFiles(folder: string, megabytes: number): Promise<BenchFiles> {
  await mkdir(folder, { recursive: true });
  const sales = join(folder, `sales-${megabytes}mb.csv`);
  const products = join(folder, "products.csv");
  await writeOnce(products, productLines());
  await writeOnce(sales, salesLines(megabytes * 1e6));
  return { sales, products };
}

async function writeOnce(path: string, lines: Iterable<string>): Promise<void> {
  if (await exists(path)) return;
  const draft = `${path}.${process.pid}.tmp`;
  const file = createWriteStream(draft);
  for (const block of inBlocks(lines)) {
    if (!file.write(block)) await once(file, "drain");
  }
  file.end();
  await finished(file);
  await rename(draft, path);
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (thrown) {
    if (systemErrorCode(thrown) === "ENOENT") return false;
    throw thrown;
  }
}

function* inBlocks(lines: Iterable<string>): Generator<string> {
  let block: string[] = [];
  for (const line of lines) {
    block.push(line);
    if (block.length < 5_000) continue;
    yield block.join("");
    block = [];
  }
  yield block.join("");
}

function* productLines(): Generator<string> {
  yield "sku,category,weight\n";
  for (let product = 0; product < productCount; product += 1) {
    yield `${skuOf(product)},category ${product % 40},${(product % 977) / 8}\n`;
  }
}

function* salesLines(sizeBytes: number): Generator<string> {
  const next = openRandom(20_261_124);
  const header = "id,day,sku,city,quantity,price,note\n";
  yield header;
  for (let written = header.length, id = 1; written < sizeBytes; id += 1) {
    const line = salesLine(id, next);
    written += Buffer.byteLength(line);
    yield line;
  }
}

function salesLine(id: number, next: () => number): string {
  const day = new Date(Date.UTC(2020, 0, 1 + (next() % 2_000))).toISOString().slice(0, 10);
  const city = `${cities[next() % cities.length]} ${next() % 30}`;
  const quantity = next() % 20 === 0 ? "" : String(next() % 100);
  const price = `${next() % 1_000}.${String(next() % 100).padStart(2, "0")}`;
  return `${id},${day},${skuOf(next() % productCount)},${city},${quantity},${price},${noteOf(next)}\n`;
}

function noteOf(next: () => number): string {
  switch (next() % 8) {
    case 0:
      return `"called ""twice"", no answer"`;
    case 1:
      return `"first line\nsecond line, ${next() % 1_000}"`;
    case 2:
      return `naïve café №${next() % 1_000}`;
    case 3:
      return `delivered to the back door, as always`.replace(",", ";");
    default:
      return "";
  }
}

function skuOf(product: number): string {
  return String(product).padStart(8, "0");
}

/** Whole numbers from 0 to 2^31 - 1, by Marsaglia's xorshift generator of 32 bits. */
function openRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 1;
  };
}
