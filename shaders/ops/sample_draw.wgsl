// Sampler, third of three: one workgroup finds the top-k cut, the top-p cut and the draw, each as the place
// where a running total over the candidates in the order (key, id) crosses a target. The histogram gives the
// bin; a crowded bin is split by WORKGROUP until few candidates or a single key are left; those are gathered, sorted
// and walked. Dispatch (1).
@group(0) @binding(1) var<storage, read> keys: array<vec4<u32>>;          // [VOCAB rounded up to 4, / 4]
@group(0) @binding(2) var<storage, read> histogram: array<u32>;           // [3, BINS]
@group(0) @binding(3) var<storage, read_write> state: State;
@group(0) @binding(4) var<storage, read_write> entries: array<vec2<u32>>; // [VOCAB] (count word, bias)
@group(0) @binding(5) var<uniform> params: Params;

// What a target is measured in; index into totals (count, cut mass, draw mass).
const COUNT = 0u;
const CUT = 1u;
const DRAW = 2u;

override LIST: u32 = 2u * WORKGROUP;      // candidates sorted at once
override PER_THREAD: u32 = BINS / WORKGROUP;

// Keys of [low, high), after `before` in the order.
struct Interval {
  before: vec3<u32>,
  members: u32,
  low: u32,
  high: u32,
}

struct Found {
  upTo: vec3<u32>, // totals of the order up to the crossing candidate
  id: u32,
}

var<workgroup> scanned: array<vec3<u32>, WORKGROUP>;
var<workgroup> finer: array<atomic<u32>, 3u * WORKGROUP>;
var<workgroup> list: array<vec2<u32>, LIST>; // (key, id), sorted
var<workgroup> listed: atomic<u32>;
var<workgroup> head: Interval;    // all first bins that fit the list together
var<workgroup> loaded: Interval;  // what the list holds
var<workgroup> interval: Interval;
var<workgroup> found: Found;

var<private> scales: Scales;
var<private> binsEnd: vec3<u32>;  // totals up to this thread's last bin
var<private> listEnd: vec3<u32>;  // totals up to this thread's last candidate in the list

fn mulHigh(a: u32, b: u32) -> u32 {
  let low = (a & 0xffffu) * (b & 0xffffu);
  let middleA = (a >> 16u) * (b & 0xffffu);
  let middleB = (a & 0xffffu) * (b >> 16u);
  let carry = ((low >> 16u) + (middleA & 0xffffu) + (middleB & 0xffffu)) >> 16u;
  return (a >> 16u) * (b >> 16u) + (middleA >> 16u) + (middleB >> 16u) + carry;
}

fn mix(seed: u32) -> u32 { // "lowbias32" of the hash-prospector project
  var h = seed;
  h = (h ^ (h >> 16u)) * 0x7feb352du;
  h = (h ^ (h >> 15u)) * 0x846ca68bu;
  return h ^ (h >> 16u);
}

fn randomBits(seed: u32, step: u32) -> u32 {
  let a = mix(seed ^ 0x9e3779b9u);
  return mix(mix(a + step * 0x85ebca6bu) ^ a);
}

fn mass(key: u32) -> vec3<u32> {
  if (key == NO_KEY) {
    return vec3<u32>();
  }
  return massOf(key, scales, params.drawRatio);
}

fn binTotals(bin: u32) -> vec3<u32> {
  return vec3<u32>(histogram[bin], histogram[BINS + bin], histogram[2u * BINS + bin]);
}

fn binLow(bin: u32) -> u32 {
  return select((FIRST_BIN + bin) << BIN_SHIFT, 0u, bin == 0u);
}

fn binHigh(bin: u32) -> u32 {
  return select((FIRST_BIN + bin + 1u) << BIN_SHIFT, 0x7f800000u, bin == BINS - 1u);
}

// Sum over threads 0..t.
fn inclusiveScan(t: u32, value: vec3<u32>) -> vec3<u32> {
  var sum = value;
  scanned[t] = sum;
  workgroupBarrier();
  for (var reach = 1u; reach < params.lanes; reach *= 2u) {
    var left = vec3<u32>();
    if (t >= reach) {
      left = scanned[t - reach];
    }
    workgroupBarrier();
    sum += left;
    scanned[t] = sum;
    workgroupBarrier();
  }
  return sum;
}

// Sums up the bins and chooses `head`. The bins of thread t are t * PER_THREAD and the next few.
fn scanBins(t: u32) {
  var own = vec3<u32>();
  for (var i = 0u; i < PER_THREAD; i++) {
    own += binTotals(t * PER_THREAD + i);
  }
  binsEnd = inclusiveScan(t, own);
  var count = binsEnd.x - own.x;
  if (t == 0u) {
    head = Interval(vec3<u32>(), 0u, 0u, 0u);
    loaded = head;
  }
  workgroupBarrier();
  if (count <= LIST && (binsEnd.x > LIST || t == WORKGROUP - 1u)) {
    for (var i = 0u; i < PER_THREAD; i++) {
      let bin = t * PER_THREAD + i;
      if (count + histogram[bin] > LIST) {
        head = Interval(vec3<u32>(), count, 0u, binLow(bin));
        break;
      }
      count += histogram[bin];
      if (bin == BINS - 1u) {
        head = Interval(vec3<u32>(), count, 0u, binHigh(bin));
      }
    }
  }
  workgroupBarrier();
}

// Sets `interval` to the bin in which totals[kind] reaches `goal`; the last bin when none does.
fn findBin(t: u32, kind: u32, goal: u32) {
  var own = vec3<u32>();
  for (var i = 0u; i < PER_THREAD; i++) {
    own += binTotals(t * PER_THREAD + i);
  }
  var before = binsEnd - own;
  if (before[kind] < goal && (binsEnd[kind] >= goal || t == WORKGROUP - 1u)) {
    for (var i = 0u; i < PER_THREAD; i++) {
      let bin = t * PER_THREAD + i;
      let totals = binTotals(bin);
      if (before[kind] + totals[kind] >= goal || i == PER_THREAD - 1u) {
        interval = Interval(before, totals.x, binLow(bin), binHigh(bin));
        break;
      }
      before += totals;
    }
  }
  workgroupBarrier();
}

// Replaces `interval` by the one of its WORKGROUP parts in which totals[kind] reaches `goal`.
fn split(t: u32, crowd: Interval, kind: u32, goal: u32) {
  let zeros = countLeadingZeros(crowd.high - crowd.low - 1u);
  let most = countLeadingZeros(WORKGROUP - 1u);
  let shift = select(0u, most - zeros, zeros < most);
  for (var i = 0u; i < 3u; i++) {
    atomicStore(&finer[i * WORKGROUP + t], 0u);
  }
  workgroupBarrier();
  for (var i = t; i < arrayLength(&keys); i += WORKGROUP) {
    let four = keys[i];
    for (var j = 0u; j < 4u; j++) {
      if (four[j] >= crowd.low && four[j] < crowd.high) {
        let part = (four[j] - crowd.low) >> shift;
        let own = mass(four[j]);
        atomicAdd(&finer[part], own.x);
        atomicAdd(&finer[WORKGROUP + part], own.y);
        atomicAdd(&finer[2u * WORKGROUP + part], own.z);
      }
    }
  }
  workgroupBarrier();
  let own = vec3<u32>(
    atomicLoad(&finer[t]),
    atomicLoad(&finer[WORKGROUP + t]),
    atomicLoad(&finer[2u * WORKGROUP + t]),
  );
  let end = crowd.before + inclusiveScan(t, own);
  let before = end - own;
  if (before[kind] < goal && (end[kind] >= goal || t == WORKGROUP - 1u)) {
    let low = crowd.low + (t << shift);
    interval = Interval(before, own.x, low, min(low + (1u << shift), crowd.high));
  }
  workgroupBarrier();
}

// Fills the list with the candidates of `wanted`, sorted, unless it holds them already.
fn load(t: u32, wanted: Interval) {
  let held = workgroupUniformLoad(&loaded);
  if (held.low == wanted.low && held.high == wanted.high) {
    return;
  }
  for (var i = t; i < LIST; i += WORKGROUP) {
    list[i] = vec2<u32>(NO_KEY);
  }
  if (t == 0u) {
    atomicStore(&listed, 0u);
    loaded = wanted;
  }
  workgroupBarrier();
  for (var i = t; i < arrayLength(&keys); i += WORKGROUP) {
    let four = keys[i];
    for (var j = 0u; j < 4u; j++) {
      if (four[j] >= wanted.low && four[j] < wanted.high) {
        let slot = atomicAdd(&listed, 1u);
        if (slot < LIST) {
          list[slot] = vec2<u32>(four[j], i * 4u + j);
        }
      }
    }
  }
  workgroupBarrier();
  for (var size = 2u; size <= 2u * params.lanes; size *= 2u) { // bitonic: one pair per thread and step
    for (var reach = size / 2u; reach > 0u; reach /= 2u) {
      let low = (t / reach) * reach * 2u + t % reach;
      let a = list[low];
      let b = list[low + reach];
      let isAfter = a.x > b.x || (a.x == b.x && a.y > b.y);
      if (isAfter == ((low & size) == 0u)) {
        list[low] = b;
        list[low + reach] = a;
      }
      workgroupBarrier();
    }
  }
  listEnd = wanted.before + inclusiveScan(t, mass(list[2u * t].x) + mass(list[2u * t + 1u].x));
}

// Sets `found` to where totals[kind] reaches `goal` in the list. A count keeps the ties of its last one.
fn walkList(t: u32, kind: u32, goal: u32) {
  var end = listEnd;
  for (var i = 0u; i < 2u; i++) { // this thread's two candidates, last first
    let slot = 2u * t + 1u - i;
    let own = mass(list[slot].x);
    if (end[kind] >= goal && end[kind] - own[kind] < goal) {
      var upTo = end;
      if (kind == COUNT) {
        for (var tie = slot + 1u; tie < LIST && list[tie].x == list[slot].x; tie++) {
          upTo += own;
        }
      }
      found = Found(upTo, list[slot].y);
    }
    end -= own;
  }
  workgroupBarrier();
}

// The same among more candidates than the list holds, all of one key: the `nth` by id, counted from 1.
fn walkTies(t: u32, ties: Interval, kind: u32, goal: u32) {
  let each = mass(ties.low);
  var nth = ties.members;
  if (kind != COUNT && each[kind] != 0u) {
    nth = clamp((goal - ties.before[kind] + each[kind] - 1u) / each[kind], 1u, ties.members);
  }
  let share = (arrayLength(&keys) + WORKGROUP - 1u) / WORKGROUP;
  let start = t * share;
  let stop = min(start + share, arrayLength(&keys));
  var own = 0u;
  for (var i = start; i < stop; i++) {
    own += dot(vec4<u32>(keys[i] == vec4<u32>(ties.low)), vec4<u32>(1u));
  }
  let end = inclusiveScan(t, vec3<u32>(own)).x;
  var seen = end - own;
  if (seen < nth && end >= nth) {
    for (var id = start * 4u; id < stop * 4u; id++) {
      seen += u32(keys[id / 4u][id % 4u] == ties.low);
      if (seen == nth) {
        found = Found(ties.before + nth * each, id);
        break;
      }
    }
  }
  workgroupBarrier();
}

// Where totals[kind] reaches `goal` in the order.
fn find(t: u32, kind: u32, goal: u32) -> Found {
  findBin(t, kind, goal);
  var place = workgroupUniformLoad(&interval);
  let first = workgroupUniformLoad(&head);
  if (place.high <= first.high) {
    place = first;
  }
  while (place.members > LIST && place.high - place.low > 1u) {
    split(t, place, kind, goal);
    place = workgroupUniformLoad(&interval);
  }
  if (place.members > LIST) {
    walkTies(t, place, kind, goal);
  } else {
    load(t, place);
    walkList(t, kind, goal);
  }
  return workgroupUniformLoad(&found);
}

// Both cuts and the draw, through one call of `find`: drivers inline it, and it is long. What a cut keeps is
// always a prefix of the order, so its totals say it all.
fn draw(t: u32, best: u32) -> u32 {
  scanBins(t);
  if (t == WORKGROUP - 1u) {
    found = Found(binsEnd, best);
  }
  var place = workgroupUniformLoad(&found);
  var kept = place.upTo;
  for (var stage = 0u; stage < 3u; stage++) {
    var kind = stage;
    if (stage < DRAW && (params.flags & TOP_P_FIRST) != 0u) {
      kind = 1u - stage;
    }
    var goal = params.topK;
    var isOn = params.topK != 0u && params.topK < kept.x;
    if (kind == CUT) {
      goal = mulHigh(params.topP, kept.y) + 1u;
      isOn = (params.flags & CUT_TOP_P) != 0u;
    } else if (kind == DRAW) {
      goal = mulHigh(randomBits(params.seed, state.step), kept.z) + 1u;
      isOn = true;
    }
    if (isOn) {
      place = find(t, kind, goal);
      kept = select(kept, place.upTo, place.upTo.x < kept.x);
    }
  }
  return place.id;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) t: u32) {
  let all = whole(t, params.lanes, params.drawRatio);
  scales = scalesOf(all);
  var id = all.id;
  if ((params.flags & GREEDY) == 0u && all.id != NO_TOKEN) {
    id = draw(t, all.id);
  }
  if (t == 0u) {
    state.token = id;
    state.position += 1u;
    state.step += 1u;
    if (id < arrayLength(&entries)) {
      entries[id].x += 1u;
    }
  }
}
