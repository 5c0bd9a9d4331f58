// Takes back the counts of tokens that were drawn ahead and thrown away. One invocation: the list is short
// and an id may be in it twice.
@group(0) @binding(0) var<storage, read> ids: array<u32>;                 // [1 + n]: n, then the ids
@group(0) @binding(1) var<storage, read_write> entries: array<vec2<u32>>; // [VOCAB] (count word, bias)

@compute @workgroup_size(1)
fn main() {
  for (var i = 0u; i < ids[0]; i++) {
    let id = ids[1u + i];
    if (id < arrayLength(&entries) && (entries[id].x & 0x7fffffffu) != 0u) {
      entries[id].x -= 1u;
    }
  }
}
