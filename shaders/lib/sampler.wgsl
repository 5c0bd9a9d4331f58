// What the sampler's dispatches share. A candidate's key is the bit pattern of its distance from the best
// logit, an f32 >= 0, so keys order like distances and the total order of a draw is (key, id).
// VOCAB in the comments is the length of the logits; no shader is specialised for it.

override WORKGROUP: u32 = 256;  // a power of two, at least MOST_GROUPS
override MOST_GROUPS: u32 = 64; // of the first two dispatches; as many as there are partials
const NO_KEY = 0xffffffffu;     // no candidate: padding, banned, NaN or minus infinity
const NO_TOKEN = 0xffffffffu;
const BANNED = 0xffffffffu;     // in place of a bias
const FARTHEST = 3.0e38;
const MASS = 4290772992.0;      // fixed-point unit of a distribution: 2^32 - 2^22, so that sums never wrap

const BINS = 1024u;             // of the histogram: 64 per octave of distance, from 2^-6 to 2^10
const FIRST_BIN = 7744u;        // bit pattern of 2^-6, shifted like a key
const BIN_SHIFT = 17u;

const GREEDY = 1u;
const TOP_P_FIRST = 2u;
const CUT_TOP_P = 4u;

struct Params {
  cutScale: f32,          // logits are multiplied by this before the cuts: 1 / temperature, or 1 (TOP_P_FIRST)
  drawRatio: f32,         // distances are multiplied by this for the draw: 1, or 1 / temperature (TOP_P_FIRST)
  repetitionPenalty: f32,
  presencePenalty: f32,
  frequencyPenalty: f32,
  topK: u32,              // 0: off
  topP: u32,              // times 2^32; counts only with CUT_TOP_P
  flags: u32,
  seed: u32,
  drawable: u32,          // ids from here on are padding rows
  lanes: u32,             // WORKGROUP. Loops with barriers are bounded by it, since drivers that unroll them compile for minutes
}

// Softmax statistics of a part of the candidates.
struct Partial {
  best: f32, // largest scaled logit
  id: u32,   // its lowest id; NO_TOKEN without candidates
  cut: f32,  // sum of exp(-distance)
  draw: f32, // sum of exp(-drawRatio * distance)
}

fn decay(distance: f32) -> f32 {
  return exp(-min(distance, 200.0));
}

fn isBetter(a: Partial, b: Partial) -> bool {
  return a.best > b.best || (a.best == b.best && a.id < b.id);
}

fn merged(a: Partial, b: Partial, drawRatio: f32) -> Partial {
  var high = a;
  var low = b;
  if (isBetter(b, a)) {
    high = b;
    low = a;
  }
  let distance = high.best - low.best;
  return Partial(
    high.best,
    high.id,
    high.cut + low.cut * decay(distance),
    high.draw + low.draw * decay(drawRatio * distance),
  );
}
