import { StreamFile } from './stream-file';
import type { ShardWriter } from './write-checkpoint';

/** One safetensors file, its header first. Format: https://github.com/huggingface/safetensors#format. */
export const writeSafetensors: ShardWriter = async (path, tensors, weights) => {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let end = 0;
  for (const { name, shape } of tensors) {
    const start = end;
    end += shape.reduce((product, size) => product * size, weights.itemBytes);
    header[name] = { dtype: weights.dtype, shape, data_offsets: [start, end] };
  }
  const text = JSON.stringify(header);
  // Padded with spaces so that the data starts at a multiple of eight, as the reference writer does.
  const json = new TextEncoder().encode(text.padEnd(Math.ceil(text.length / 8) * 8));
  const prefix = new DataView(new ArrayBuffer(8));
  prefix.setBigUint64(0, BigInt(json.length), true);

  const file = await StreamFile.create(path);
  try {
    await file.write(new Uint8Array(prefix.buffer));
    await file.write(json);
    for (const { name, shape } of tensors) {
      for (const block of weights.blocks(name, shape)) await file.write(block);
    }
  } finally {
    await file.close();
  }
};
