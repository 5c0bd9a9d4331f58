/** Weights of a stored package as plain numbers: what the GPU's weights stand for, for the references and for reports. */
import { fromHalf } from '../../core/half';
import type { ModelPackage } from '../../models/package';
import type { CpuWeights } from './forward';

/**
 * Rows [rowStart, rowEnd) of a matrix [rows, cols] or a norm [hidden], all by default, dequantised:
 * (code - 7) * scale in f32, which is exact for f16 scales. Throws what reading the package throws.
 *
 * @param name without suffix, as in `logicalTensors`
 */
export async function storedRows(
  model: ModelPackage,
  name: string,
  rowStart?: number,
  rowEnd?: number,
): Promise<Float32Array<ArrayBuffer>> {
  const read = async (stored: string) => {
    const bytes = await model.readTensor(stored, rowStart, rowEnd);
    return model.tensors.get(stored)?.dtype === 'float16'
      ? Float32Array.from(new Uint16Array(bytes.buffer), fromHalf)
      : new Float32Array(bytes.buffer);
  };
  if (!model.tensors.has(`${name}.q_weight`)) return read(`${name}.weight`);
  const bytes = await model.readTensor(`${name}.q_weight`, rowStart, rowEnd);
  const words = new Uint32Array(bytes.buffer); // [rows, cols / 8]
  const scales = await read(`${name}.q_scale`); // [rows, cols / 32]
  return Float32Array.from(
    { length: words.length * 8 },
    (_, i) => (((words[i >> 3]! >>> (4 * (i & 7))) & 15) - 7) * scales[i >> 5]!,
  );
}

/** All weights of a package; 4 bytes each, so for small models. */
export async function readCpuWeights(model: ModelPackage): Promise<CpuWeights> {
  const { architecture } = model;
  const embedding = await storedRows(model, 'model.embed_tokens');
  const layers = [];
  for (let layer = 0; layer < architecture.layers; layer++) {
    const row = (name: string) => storedRows(model, `model.layers.${layer}.${name}`);
    layers.push({
      attentionNorm: await row('input_layernorm'),
      qkv: await row('self_attn.qkv_proj'),
      output: await row('self_attn.o_proj'),
      feedForwardNorm: await row('post_attention_layernorm'),
      gateUp: await row('mlp.gate_up_proj'),
      down: await row('mlp.down_proj'),
    });
  }
  const finalNorm = await storedRows(model, 'model.norm');
  const head = architecture.tiedEmbedding ? embedding : await storedRows(model, 'lm_head');
  return { embedding, layers, finalNorm, head };
}
