/** The worker of our own engine. */
import { NativeEngine } from '../engine/native-engine';
import { createRunner } from '../engine/runner';
import { openDevice } from '../gpu/device';
import { readTuning, writeTuning } from '../store/tuning';
import { deviceOptions } from './device-options';
import { browserGpu, gpuInfo } from './gpu-info';
import { WorkerHandler } from './handler';
import type { LostMessage } from './protocol';
import { openStoredPackage } from './stored-package';

const options = deviceOptions(self.name);
const engine = new NativeEngine({
  openGpu: async () => openDevice(browserGpu(), options),
  openPackage: openStoredPackage,
  createRunner,
  // The user agent names the browser's version, which decides how shaders are compiled.
  tuner: { store: { read: readTuning, write: writeTuning }, environment: navigator.userAgent },
});
engine.onLost = (error) =>
  postMessage({ kind: 'deviceLost', content: error.toString() } satisfies LostMessage);
const handler = new WorkerHandler(engine, (message) => postMessage(message), {
  ping: () => 'pong',
  'gpu-info': () => gpuInfo(engine.gpu, options),
  'engine-options': (wanted) => {
    engine.setOptions(wanted);
    return null;
  },
  'model-info': () => engine.modelInfo(),
  memory: () => engine.memory(),
  'count-tokens': ({ text }) => engine.countTokens(text),
});

self.onmessage = ({ data }) => handler.handle(data);
