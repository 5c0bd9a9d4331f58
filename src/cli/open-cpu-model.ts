import { type ModelText, openText } from '../engine/model-text';
import { ropeTable } from '../engine/rope-table';
import { CpuModel, type InputObserver } from '../kernels/cpu/forward';
import { readCpuWeights } from '../kernels/cpu/stored-weights';
import type { Architecture } from '../models/architecture';
import { openPackage } from '../models/package';
import { folderFiles } from './folder-files';

export interface OpenCpuModel {
  readonly architecture: Architecture;
  readonly text: ModelText;
  /** With an empty cache for `positions` tokens; `observe` sees the inputs of every matrix. */
  start(positions: number, observe?: InputObserver): CpuModel;
}

/** A package folder for the float64 reference: exact on every machine, no GPU, small models only. */
export async function openCpuModel(folder: string): Promise<OpenCpuModel> {
  const model = await openPackage(folderFiles(folder));
  const { architecture } = model;
  const text = await openText(model);
  const weights = await readCpuWeights(model);
  return {
    architecture,
    text,
    start: (positions, observe) =>
      new CpuModel(architecture, weights, ropeTable(architecture, positions), positions, observe),
  };
}
