/** The jobs that a stream of rows can do, with papaparse. The same exchange of lines as `peers.py`. */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import Papa from "papaparse";

const jobs = {
  async group({ sales }) {
    const cities = new Map();
    await eachRow(sales, ({ city, quantity, price }) => {
      const found = cities.get(city) ?? { count: 0, total: 0, price: 0 };
      cities.set(city, found);
      found.count += 1;
      found.total += Number(quantity);
      found.price += Number(price);
    });
    return [...cities]
      .toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      .map(([city, { count, total, price }]) => [city, count, total, price / count]);
  },
  async join({ sales, products }) {
    const bySku = new Map();
    await eachRow(products, ({ sku, category, weight }) => void bySku.set(sku, { category, weight: Number(weight) }));
    const categories = new Map();
    await eachRow(sales, ({ sku, quantity }) => {
      const product = bySku.get(sku);
      if (product === undefined) return;
      const found = categories.get(product.category) ?? { count: 0, load: 0 };
      categories.set(product.category, found);
      found.count += 1;
      found.load += Number(quantity) * product.weight;
    });
    return [...categories]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { count, load }]) => [name, count, load]);
  },
  async first({ sales }) {
    const ids = [];
    await eachRow(sales, ({ id }) => ids.push([Number(id)]) < 20);
    return ids;
  },
};

/** Rows until there are no more or `take` gives false. */
function eachRow(path, take) {
  return new Promise((resolve, reject) => {
    Papa.parse(createReadStream(path, "utf8"), {
      header: true,
      skipEmptyLines: true,
      step({ data }, parser) {
        if (take(data) === false) parser.abort();
      },
      complete: resolve,
      error: reject,
    });
  });
}

console.log("ready");
const lines = createInterface({ input: process.stdin });
for await (const line of lines) {
  if (line === "") break;
  const task = JSON.parse(line);
  const job = jobs[task.job];
  console.log(JSON.stringify(job === undefined ? { missing: true } : { answer: await job(task) }));
}
