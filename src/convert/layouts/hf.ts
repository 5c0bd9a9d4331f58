import { logicalTensors } from '../../models/tensor-plan';
import { partsOf } from '../checkpoint-names';
import { type Layout, whole } from './layout';

/** Hugging Face's naming of LLaMA, under which everything else in this folder is presented. */
export const HF_LAYOUT: Layout = {
  id: 'hf',
  probe: /^(.*?)model\.layers\.\d+\.(?:self_attn|mlp|input_layernorm|post_attention_layernorm)\b/,
  views(architecture) {
    const parts = logicalTensors(architecture).flatMap((tensor) => partsOf(tensor, architecture));
    return new Map(
      parts.map(({ name, shape }) => {
        const module = name.replace(/\.weight$/, '');
        return [module, whole(module, shape[0]!)];
      }),
    );
  },
};
