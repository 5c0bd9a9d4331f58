/** One thread of the quantiser pool in the page. */
import { answerBlock, type ToQuantizer } from '../convert/quantize-messages';

self.onmessage = ({ data }: MessageEvent<ToQuantizer>) => {
  const { answer, transfer } = answerBlock(data);
  postMessage(answer, { transfer });
};
