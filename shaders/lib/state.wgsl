// What one token's submit hands to the next one; layout in src/kernels/types.ts.
struct State {
  token: u32,    // id to feed
  position: u32, // its position in the cache
  step: u32,     // draws made so far with the current seed
  spare: u32,
}
