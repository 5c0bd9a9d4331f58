/**
 * Finds out once per adapter, browser version and model shape which matrix-vector kernels are the fastest, and
 * remembers it. Nothing that goes wrong here may cost a load: then the model runs with what it started with. A try
 * that took the GPU or the browser down with it is remembered too, and not made for ever.
 */
import * as v from 'valibot';
import type { Gpu } from '../gpu/device';
import { shaderVersion } from '../gpu/shader';
import { GEMV_KINDS, type GemvMath, type GemvTuning } from '../kernels/decode-tuning';
import type { Architecture } from '../models/architecture';
import type { GpuMemory } from './gpu-memory';
import { candidatesOf, chooseTuning, type GemvChoice } from './tuning-candidates';
import { measureTrials, prepareTrials, type Trial, type TrialParts } from './tuning-measure';

/** Where choices are kept. */
export interface TuningStore {
  /** What was written under this key, by whichever version; undefined when there is nothing. */
  read(key: string): Promise<unknown>;
  write(key: string, record: TuningRecord): Promise<void>;
}

export interface TunerOptions {
  readonly store: TuningStore;
  /** What compiles the shaders besides the driver: the browser with its version. */
  readonly environment: string;
  /** On software adapters too. There the defaults are measured, and a candidate takes seconds to compile. */
  readonly isForced?: boolean;
  /** What is tried for each kind, the default first; by default all that may be better somewhere. */
  readonly candidates?: typeof candidatesOf;
}

/** Raised when candidates or the way they are measured change; shaders count by themselves. */
const VERSION = 1;
const MOST_TRIES = 2;

/** All of a union: one that is missing here does not compile, since what was chosen could never be read back. */
const oneOf = <T extends string>(all: Readonly<Record<T, true>>) => v.picklist(Object.keys(all) as T[]);

const Tuning = v.object({
  team: oneOf<GemvTuning['team']>({ team_subgroup: true, team_workgroup: true, team_lane: true }),
  teamConstants: v.record(v.string(), v.number()),
  rows: v.picklist([1, 2, 4, 8, 16, 32, 64]),
  rowsPerTeam: v.picklist([2, 4, 8]),
  math: oneOf<GemvMath>({ f32: true, masked: true, half: true, int8: true }),
});
const Stored = v.object({
  tries: v.number(),
  choice: v.optional(
    v.object({
      gemv: v.object({ qkv: Tuning, output: Tuning, gateUp: Tuning, down: Tuning, head: Tuning }),
      residualRows: v.number(),
    }),
  ),
});

export interface TuningRecord {
  /** Begun without coming to an end. */
  readonly tries: number;
  readonly choice?: GemvChoice;
}

export class Tuner {
  /** A try has begun, and how it ended is not written yet. */
  private isTrying = false;

  private constructor(
    private readonly options: TunerOptions,
    private readonly key: string,
    private readonly tries: number,
    /** Found by an earlier load. */
    readonly known: GemvChoice | undefined,
  ) {}

  /** Undefined where there is nothing to find out: no tuner is wanted, a processor as adapter, too many failed tries. */
  static async open(
    gpu: Gpu,
    architecture: Architecture,
    math: string,
    options: TunerOptions | undefined,
  ): Promise<Tuner | undefined> {
    if (!options || (gpu.isSoftware && !options.isForced)) return undefined;
    const key = tuningKey(gpu, architecture, math, options.environment);
    const stored = await options.store.read(key).catch(() => undefined);
    const record = v.safeParse(Stored, stored);
    if (!record.success) return new Tuner(options, key, 0, undefined);
    const { tries, choice } = record.output;
    const known = choice && isConsistent(choice) ? choice : undefined;
    return known || tries < MOST_TRIES ? new Tuner(options, key, tries, known) : undefined;
  }

  /**
   * Compiles what `choose` will try; can go on while the weights are still being read. That is part of the try, because
   * drivers also fall over a shader while they compile it; `takeBack` says when this is over. Never rejects.
   */
  async prepare(parts: TrialParts, memory: GpuMemory): Promise<readonly Trial[]> {
    try {
      await this.note();
      return await prepareTrials(parts, memory, this.options.candidates ?? candidatesOf);
    } catch {
      await this.takeBack();
      return [];
    }
  }

  /** Once the weights are there. Undefined when it could not be measured, or not to the end. Never rejects. */
  async choose(gpu: Gpu, trials: readonly Trial[], signal: AbortSignal): Promise<GemvChoice | undefined> {
    try {
      await this.note();
      const choice = chooseTuning(await measureTrials(gpu, trials, signal));
      // What cannot be kept is good for this load all the same.
      await this.write({ tries: 0, choice }).catch(() => {});
      return choice;
    } catch {
      if (signal.aborted) await this.takeBack();
      return undefined;
    } finally {
      this.isTrying = false;
    }
  }

  /** So far nothing bad came of the try, and what ends the load now is not its doing. Never rejects. */
  async takeBack(): Promise<void> {
    if (!this.isTrying) return;
    this.isTrying = false;
    await this.write({ tries: this.tries }).catch(() => {});
  }

  /** A choice could not be used, and counts as a failed try. Never rejects. */
  async refute(): Promise<void> {
    await this.write({ tries: this.tries + 1 }).catch(() => {});
  }

  /** A try begins; what cannot be noted is not tried. */
  private async note(): Promise<void> {
    await this.write({ tries: this.tries + 1 });
    this.isTrying = true;
  }

  private write(record: TuningRecord): Promise<void> {
    return this.options.store.write(this.key, record);
  }
}

function tuningKey(gpu: Gpu, a: Architecture, math: string, environment: string): string {
  const { vendor, architecture, device, description } = gpu.device.adapterInfo;
  const { f16, subgroups, subgroupMinSize, subgroupMaxSize } = gpu.features;
  return JSON.stringify([
    `${VERSION}.${shaderVersion()}`,
    environment,
    [vendor, architecture, device, description],
    [f16, subgroups, subgroupMinSize, subgroupMaxSize, gpu.maxBindingBytes],
    [a.quantization, a.hidden, a.heads, a.kvHeads, a.headDim, a.intermediate, a.vocab],
    math,
  ]);
}

/** Whether the kernels could run with it, whatever lies in the store. */
function isConsistent({ gemv, residualRows }: GemvChoice): boolean {
  return (
    gemv.output.rows === residualRows &&
    gemv.down.rows === residualRows &&
    GEMV_KINDS.every((kind) => gemv[kind].rows % gemv[kind].rowsPerTeam === 0)
  );
}
