// What one prefill chunk is; layout in src/kernels/prefill/prefill-pass.ts.
struct Chunk {
  tokens: u32,    // in this chunk
  start: u32,     // position of the first
  capacity: u32,  // positions the cache has room for
  spare: u32,
  ids: array<u32>, // [tokens]
}
@group(0) @binding(10) var<storage, read> chunk: Chunk;
