// How the positions of the cache are shared out among workgroups; the host counts the same way (kernels/attention.ts).
override HEADS: u32;         // query heads
override KV_HEADS: u32;
override HEAD_DIM: u32;      // a multiple of 4, at most 256
override SPLIT: u32 = 256;   // positions one workgroup should take
override MAX_SPLITS: u32;

fn split_count(positions: u32) -> u32 {
  return min(MAX_SPLITS, (positions + SPLIT - 1u) / SPLIT);
}
