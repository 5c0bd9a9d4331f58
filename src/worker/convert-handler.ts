/** The worker's side of a conversion: one order, progress, one end (convert-messages.ts). Knows no thread. */
import type { BlockQuantizer } from '../convert/block-quantizer';
import { AppError } from '../core/errors';
import type { ConvertOrder, FromConverter, ToConverter } from './convert-messages';
import { openOrdered, reportSource } from './open-sources';
import { ReportThrottle } from './report-throttle';
import { runConversion } from './run-conversion';

export class ConvertHandler {
  private readonly pause = new AbortController();

  constructor(
    private readonly say: (message: FromConverter) => void,
    private readonly openQuantizer: () => Promise<BlockQuantizer>,
  ) {}

  handle(message: ToConverter): void {
    if (message.kind === 'pause') {
      this.pause.abort();
      return;
    }
    const work = message.kind === 'check' ? this.check(message.source) : this.convert(message);
    work.then(this.say, (error: unknown) =>
      this.say({ kind: 'failed', error: AppError.from(error).toString() }),
    );
  }

  private async check(source: ConvertOrder['source']): Promise<FromConverter> {
    return { kind: 'checked', report: await reportSource(source, this.pause.signal) };
  }

  private async convert(order: ConvertOrder): Promise<FromConverter> {
    const throttle = new ReportThrottle((progress, lastByteAt) => {
      this.say({ kind: 'progress', progress, lastByteAt });
    });
    try {
      const { corrections, ignoredTensors, duplicateKeys } = await runConversion(order, {
        openSource: openOrdered,
        openQuantizer: this.openQuantizer,
        onProgress: throttle.report,
        signal: this.pause.signal,
      });
      const doubled = duplicateKeys.length > 0 && { duplicateKeys };
      return { kind: 'done', modelId: order.id, corrections, ignoredTensors, ...doubled };
    } finally {
      throttle.flush();
    }
  }
}
