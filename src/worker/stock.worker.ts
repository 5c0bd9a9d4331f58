/** The worker of web-llm's own engine, behind its own handler; only the side channel is ours. */
import { WebWorkerMLCEngineHandler, type WorkerRequest } from '@mlc-ai/web-llm';
import { AppError } from '../core/errors';
import { gpuInfo } from './gpu-info';
import { answerSide } from './handler';
import type { SideAnswers, SideRequestName } from './protocol';

const handler = new WebWorkerMLCEngineHandler();
const answers: SideAnswers = { ping: () => 'pong', 'gpu-info': () => gpuInfo(undefined) };

self.onmessage = ({ data }: MessageEvent<WorkerRequest>) => {
  if (data.kind !== 'customRequest') return handler.onmessage(data);
  const { requestName, requestMessage } = data.content as {
    requestName: SideRequestName;
    requestMessage: string;
  };
  answerSide(answers, requestName, requestMessage).then(
    (content) => postMessage({ kind: 'return', uuid: data.uuid, content }),
    (error: unknown) =>
      postMessage({ kind: 'throw', uuid: data.uuid, content: AppError.from(error).toString() }),
  );
};
