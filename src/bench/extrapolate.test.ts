import { expect, it } from 'vitest';
import { layerSplit, wholeModel } from './extrapolate';

it('finds the part per layer and the rest from two runs', () => {
  const split = layerSplit({ layers: 2, value: 5 }, { layers: 4, value: 7 });
  expect(split).toEqual({ perLayer: 1, rest: 3 });
  expect(wholeModel(split, 32)).toBe(35);
  // From a run without any layers.
  expect(wholeModel(layerSplit({ layers: 0, value: 4 }, { layers: 1, value: 4.5 }), 60)).toBe(34);
});

it('keeps both parts from going below nothing when runs are noisy', () => {
  // The shorter run was slower: all of the time is rest.
  expect(layerSplit({ layers: 1, value: 9 }, { layers: 2, value: 8 })).toEqual({ perLayer: 0, rest: 8 });
  // The shorter run was too fast: all of the time is layers.
  expect(layerSplit({ layers: 1, value: 1 }, { layers: 2, value: 8 })).toEqual({ perLayer: 4, rest: 0 });
});
