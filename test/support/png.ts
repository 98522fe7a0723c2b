import { inflateSync } from "node:zlib";

export interface Picture {
  width: number;
  height: number;
  /** How many pixels have exactly this colour, such as `#1d2733`. */
  count(color: string): number;
}

/** Decode a PNG of eight bits a channel with alpha, as resvg writes them. */
export function decodePng(bytes: Uint8Array): Picture {
  const file = Buffer.from(bytes);
  if (file.toString("latin1", 1, 4) !== "PNG") throw new Error("this is no PNG");
  const [width, height] = [file.readUInt32BE(16), file.readUInt32BE(20)];
  if (file[24] !== 8 || file[25] !== 6) throw new Error("only RGBA of eight bits is read here");
  const pixels = unfilter(inflateSync(Buffer.concat(chunks(file))), width * 4, height);
  return { width, height, count: (color) => countColor(pixels, Number.parseInt(color.slice(1), 16)) };
}

function countColor(pixels: Uint8Array, color: number): number {
  const [red, green, blue] = [color >> 16, (color >> 8) & 255, color & 255];
  let count = 0;
  for (let at = 0; at < pixels.length; at += 4) {
    if (pixels[at] === red && pixels[at + 1] === green && pixels[at + 2] === blue) count++;
  }
  return count;
}

function chunks(file: Buffer): Buffer[] {
  const data: Buffer[] = [];
  for (let at = 8; at < file.length;) {
    const length = file.readUInt32BE(at);
    if (file.toString("latin1", at + 4, at + 8) === "IDAT") data.push(file.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  return data;
}

/** https://www.w3.org/TR/png-3/#9Filters */
function unfilter(lines: Buffer, stride: number, height: number): Uint8Array {
  const pixels = new Uint8Array(stride * height);
  for (let row = 0; row < height; row++) {
    const from = row * (stride + 1);
    const kind = lines[from] ?? 0;
    for (let column = 0; column < stride; column++) {
      const at = row * stride + column;
      const left = column < 4 ? 0 : (pixels[at - 4] ?? 0);
      const up = row === 0 ? 0 : (pixels[at - stride] ?? 0);
      let guess = 0;
      if (kind === 1) guess = left;
      else if (kind === 2) guess = up;
      else if (kind === 3) guess = (left + up) >> 1;
      else if (kind === 4) guess = paeth(left, up, column < 4 || row === 0 ? 0 : (pixels[at - stride - 4] ?? 0));
      pixels[at] = (lines[from + 1 + column] ?? 0) + guess;
    }
  }
  return pixels;
}

function paeth(left: number, up: number, corner: number): number {
  const toLeft = Math.abs(up - corner);
  const toUp = Math.abs(left - corner);
  const toCorner = Math.abs(left + up - 2 * corner);
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}
