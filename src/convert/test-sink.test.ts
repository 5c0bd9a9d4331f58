/** The sink that tests convert into keeps the contract, so that what they show holds for the real ones. */
import { describe } from 'vitest';
import { AppError } from '../core/errors';
import { interruptionContract } from './test-interruptions';
import { MemoryPlace } from './test-sink';
import { sinkContract } from './test-sink-contract';

function makePlace() {
  const place = new MemoryPlace();
  return {
    open: () => place.open(),
    end: async () => {},
    finished: async () => place.finished,
    cutNextWrite: () => {
      place.onStep = (step) => {
        if (step !== 'half-written') return;
        place.onStep = undefined;
        throw new AppError('download-failed', { reason: 'cut' });
      };
    },
  };
}

describe('memory', () => {
  sinkContract(makePlace);
  interruptionContract(makePlace);
});
