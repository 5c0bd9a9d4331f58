import { describe, expect, it } from 'vitest';
import { decodeTuning, type GemvKind, type GemvTuning } from '../kernels/decode-tuning';
import { candidatesOf, chooseTuning, type Measured, type Measurements } from './tuning-candidates';

const FEATURES = { f16: true, subgroups: true, subgroupMinSize: 32, subgroupMaxSize: 32, timestamps: true };
const START = decodeTuning({ features: FEATURES, isSoftware: false }).gemv.qkv;

describe('candidates', () => {
  it('begin with the default, differ from each other, and cut slices of 64 rows into whole workgroups', () => {
    const all = candidatesOf(START, FEATURES);
    expect(all[0]).toBe(START);
    expect(new Set(all.map((one) => JSON.stringify(one))).size).toBe(all.length);
    // Two teams, three numbers of rows, two kinds of math; the default is one of them.
    expect(all.length).toBe(12);
    for (const { rows, rowsPerTeam } of all) {
      expect(64 % rows).toBe(0);
      expect(rows % rowsPerTeam).toBe(0);
    }
  });

  it('keep to what the adapter has and to 8-bit activations where they were chosen', () => {
    const plain = candidatesOf(
      decodeTuning({ features: { ...FEATURES, subgroups: false }, isSoftware: false }).gemv.qkv,
      {
        subgroups: false,
        f16: false,
      },
    );
    expect(plain.every(({ team, math }) => team === 'team_workgroup' && math === 'f32')).toBe(true);
    const int8 = candidatesOf({ ...START, math: 'int8' }, FEATURES);
    expect(int8.map(({ rowsPerTeam }) => rowsPerTeam).sort()).toEqual([2, 4, 8]);
    expect(int8.every(({ team, math }) => team === START.team && math === 'int8')).toBe(true);
  });
});

describe('choice', () => {
  const timed = (ms: number, more: Partial<GemvTuning> = {}): Measured => ({
    tuning: { ...START, ...more },
    ms,
  });
  const flat = [timed(1), timed(1.2, { rowsPerTeam: 8 })];
  const measured = (more: Partial<Record<GemvKind, Measured[]>>): Measurements => ({
    qkv: flat,
    output: flat,
    gateUp: flat,
    down: flat,
    head: flat,
    ...more,
  });

  it('stays with the default for less than 3 %, and takes what is better', () => {
    const half = { math: 'half' } as const;
    const choice = chooseTuning(
      measured({ qkv: [timed(1), timed(0.98, half)], head: [timed(1), timed(0.9), timed(0.8, half)] }),
    );
    expect(choice.gemv.qkv).toEqual(START);
    expect(choice.gemv.head).toEqual({ ...START, ...half });
  });

  it('gives the two kinds that write the residual the same rows, whichever saves most together', () => {
    const few = { rows: 8, rowsPerTeam: 2 } as const;
    const many = { rows: 32, rowsPerTeam: 8 } as const;
    const choice = chooseTuning(
      measured({
        output: [timed(1), timed(0.5, few), timed(0.9, many)],
        down: [timed(3), timed(4, few), timed(2, many)],
      }),
    );
    expect(choice).toMatchObject({ residualRows: 32, gemv: { output: many, down: many } });
    const alone = chooseTuning(
      measured({ output: [timed(1), timed(0.1, few)], down: [timed(3), timed(3.95, few)] }),
    );
    expect(alone.residualRows).toBe(START.rows);
  });
});
