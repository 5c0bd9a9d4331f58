import type { EngineOptions } from '../engine/engine-options';
import type { ModelRunner } from '../engine/model-runner';
import { type ModelText, openText } from '../engine/model-text';
import { createRunner } from '../engine/runner';
import { type Gpu, openDevice } from '../gpu/device';
import { nodeGpu } from '../gpu/node-gpu';
import { type ModelPackage, openPackage } from '../models/package';
import { folderFiles } from './folder-files';

export interface OpenModel {
  readonly gpu: Gpu;
  readonly model: ModelPackage;
  readonly text: ModelText;
  readonly runner: ModelRunner;
}

/** A package folder on the GPU, with its tokenizer. Throws what opening, uploading and the device throw. */
export async function openModel(folder: string, engine: Partial<EngineOptions> = {}): Promise<OpenModel> {
  // The package first: a wrong folder should not wait for a GPU to be found.
  const model = await openPackage(folderFiles(folder));
  const text = await openText(model);
  const gpu = await openDevice(nodeGpu());
  const runner = await createRunner(gpu, model, {
    drawableVocab: text.tokenizer.vocabSize,
    engine,
    onProgress: progressPrinter(),
  });
  return { gpu, model, text, runner };
}

/** Rewrites one line on a terminal and keeps still elsewhere. */
function progressPrinter(): (bytesDone: number, bytesTotal: number) => void {
  if (!process.stderr.isTTY) return () => {};
  let shown = -1;
  return (done, total) => {
    const percent = Math.floor((100 * done) / total);
    if (percent === shown) return;
    shown = percent;
    process.stderr.write(`\r\x1b[K${percent < 100 ? `Loading ${percent} %` : ''}`);
  };
}
