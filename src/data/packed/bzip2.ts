import { ToolError } from "../../errors.ts";
import { openBlockDecoder } from "./bzip2-block.ts";
import { openBits } from "./bzip2-bits.ts";

/** More than a block of 900 kB can take, however badly it was compressed. */
const blockInputBytes = 2_600_000;
const streamMagic = [0x42, 0x5a, 0x68];
const blockMagic = 0x314159265359;
const endMagic = 0x177245385090;

/**
 * Decompress bzip2, block by block, checksums verified. Several streams one after another, as parallel compressors write
 * them, are one; what follows the last stream and is none is left aside, as `bunzip2` does.
 *
 * @param shown what messages call the file
 * @throws ToolError `unreadable` for data that ends early or is wrong
 */
export async function* bunzip2(chunks: AsyncIterable<Uint8Array>, shown: string): AsyncGenerator<Uint8Array> {
  const input = openBits(chunks, (what) => {
    return new ToolError("unreadable", `'${shown}' is damaged: its bzip2 data ${what}`);
  });
  const { bits } = input;
  const decoder = openBlockDecoder(bits);
  try {
    for (let isFirst = true; ; isFirst = false) {
      await input.fill(blockInputBytes);
      if (!bits.startsWith(streamMagic)) {
        if (isFirst) throw bits.damaged("begins wrongly");
        return;
      }
      bits.read(24);
      const level = bits.read(8) - 0x30;
      if (level < 1 || level > 9) throw bits.damaged("begins wrongly");
      let combined = 0;
      for (;;) {
        await input.fill(blockInputBytes);
        const magic = bits.read(24) * 2 ** 24 + bits.read(24);
        if (magic === endMagic) break;
        if (magic !== blockMagic) throw bits.damaged("is wrong");
        const { output, checksum } = decoder.decode(level * 100_000);
        combined = ((combined << 1) | (combined >>> 31)) ^ checksum;
        yield* output;
      }
      if (bits.read32() !== combined >>> 0) throw bits.damaged("is wrong: a checksum does not fit");
      bits.align();
    }
  } finally {
    await input.close();
  }
}
