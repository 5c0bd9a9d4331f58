// Matrix-vector product of a workgroup: its teams take R rows at a time, which share the reads of x, and leave the sums
// in workgroup memory, where the op finishes every row after one barrier. The op says by `row_of` which matrix row
// fills a slot, and multiplies the odd slots itself (`dot_odd`): in gate_up they come from a second matrix.
// Behind a weights prelude and a team prelude; `gemv_teams` or `gemv_lanes` walks along the rows (`multiply`).
override ROWS: u32 = 16; // slots per workgroup, a multiple of 4 and of R
override R: u32 = 4;     // slots per team at a time: 2, 4 or 8

var<workgroup> slot_sums: array<f32, ROWS * SHARES>; // [slot, share]
var<workgroup> all_sums: array<f32, WG>;             // [team, share]

// Matrix rows of the slots that a team has in hand, and their sums; what is beyond R is left out.
struct Slots {
  low: vec4<u32>,
  high: vec4<u32>,
}
struct Sums {
  low: vec4<f32>,
  high: vec4<f32>,
}

fn slots_at(at: Invocation, slot: u32) -> Slots {
  return Slots(
    vec4(row_of(at, slot), row_of(at, slot + 1u), row_of(at, slot + 2u), row_of(at, slot + 3u)),
    vec4(row_of(at, slot + 4u), row_of(at, slot + 5u), row_of(at, slot + 6u), row_of(at, slot + 7u)),
  );
}

// What the 32 columns of `group` add to each sum.
fn add_group(sums: Sums, rows: Slots, group: u32, v: Inputs) -> Sums {
  var low = sums.low;
  var high = sums.high;
  low.x += dot_a(rows.low.x, group, v);
  low.y += dot_odd(rows.low.y, group, v);
  if (R > 2u) {
    low.z += dot_a(rows.low.z, group, v);
    low.w += dot_odd(rows.low.w, group, v);
  }
  if (R > 4u) {
    high.x += dot_a(rows.high.x, group, v);
    high.y += dot_odd(rows.high.y, group, v);
    high.z += dot_a(rows.high.z, group, v);
    high.w += dot_odd(rows.high.w, group, v);
  }
  return Sums(low, high);
}

// Leaves the sums of R slots behind.
fn keep(at: Invocation, slot: u32, sums: Sums) {
  if (R == 2u) {
    keep_two(at, slot, sums.low.xy);
  } else {
    keep_four(at, slot, sums.low);
  }
  if (R == 8u) { keep_four(at, slot + 4u, sums.high); }
}

fn keep_two(at: Invocation, slot: u32, values: vec2<f32>) {
  let sums = fold(vec4(values, 0.0, 0.0));
  if (lane_of(at) < SHARES) {
    slot_sums[slot * SHARES + lane_of(at)] = sums.x;
    slot_sums[(slot + 1u) * SHARES + lane_of(at)] = sums.y;
  }
}

fn keep_four(at: Invocation, slot: u32, values: vec4<f32>) {
  let sums = fold(values);
  if (lane_of(at) < SHARES) {
    slot_sums[slot * SHARES + lane_of(at)] = sums.x;
    slot_sums[(slot + 1u) * SHARES + lane_of(at)] = sums.y;
    slot_sums[(slot + 2u) * SHARES + lane_of(at)] = sums.z;
    slot_sums[(slot + 3u) * SHARES + lane_of(at)] = sums.w;
  }
}

// Sum of a slot. Neighbours start at different shares, so that they do not wait for the same bank of memory.
fn kept(slot: u32) -> f32 {
  var sum = 0.0;
  for (var i = 0u; i < SHARES; i++) { sum += slot_sums[slot * SHARES + (slot + i) % SHARES]; }
  return sum;
}

// Adds up one value of every invocation of the workgroup; behind the next barrier `shared_sum` knows the total.
fn share(at: Invocation, value: f32) {
  let sum = fold_one(value);
  if (lane_of(at) < SHARES) { all_sums[team_of(at) * SHARES + lane_of(at)] = sum; }
}
fn shared_sum(at: Invocation) -> f32 {
  var sum = 0.0;
  for (var i = 0u; i < teams_of(at) * SHARES; i++) { sum += all_sums[i]; }
  return sum;
}
