/** The worker of our own engine. */
import { NativeEngine } from '../engine/native-engine';
import { createRunner } from '../engine/runner';
import { openDevice } from '../gpu/device';
import { deviceOptions } from './device-options';
import { browserGpu, gpuInfo } from './gpu-info';
import { WorkerHandler } from './handler';
import { openStoredPackage } from './stored-package';

const options = deviceOptions(self.name);
const engine = new NativeEngine({
  openGpu: async () => openDevice(browserGpu(), options),
  openPackage: openStoredPackage,
  createRunner,
});
const handler = new WorkerHandler(engine, (message) => postMessage(message), {
  ping: () => 'pong',
  'gpu-info': () => gpuInfo(engine.gpu, options),
  'model-info': () => engine.modelInfo(),
  memory: () => engine.memory(),
  'count-tokens': ({ text }) => engine.countTokens(text),
});

self.onmessage = ({ data }) => handler.handle(data);
