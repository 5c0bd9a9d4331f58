// Attention of one token: a single column, at the position of the state buffer.
@group(0) @binding(6) var<uniform> state: State;

fn first_position() -> u32 { return state.position; }
fn column_count() -> u32 { return 1u; }
