import { FLAGAI_LAYOUT, FLASH_LAYOUT } from './flagai';
import { HF_LAYOUT } from './hf';
import type { Layout } from './layout';

/** What training code puts before the names of a model that it wraps. */
const WRAPPERS = /^(?:(?:module|model|state_dict|_orig_mod)\.)*$/;

/** The layout of a list of names, and what stands before each of them; Hugging Face's where none is known. */
export function detectLayout(names: Iterable<string>): { layout: Layout; prefix: string } {
  for (const name of names) {
    for (const layout of [HF_LAYOUT, FLASH_LAYOUT, FLAGAI_LAYOUT]) {
      const prefix = layout.probe.exec(name)?.[1];
      if (prefix !== undefined && WRAPPERS.test(prefix)) return { layout, prefix };
    }
  }
  return { layout: HF_LAYOUT, prefix: '' };
}
