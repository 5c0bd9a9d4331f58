/** One thread of the quantiser pool in Node; node-quantizer.ts bundles it. */
import { parentPort } from 'node:worker_threads';
import { answerBlock } from '../convert/quantize-messages';

parentPort?.on('message', (message) => {
  const { answer, transfer } = answerBlock(message);
  parentPort?.postMessage(answer, transfer);
});
