/**
 * One conversion from its order to the stored model: one at a time for all tabs, alone with its model, going on
 * from what an earlier run left. What it needs of its thread (sources, quantiser) is passed in.
 */
import type { BlockQuantizer } from '../convert/block-quantizer';
import { type ConvertResult as Converted, convertModel } from '../convert/convert-model';
import type { ConvertProgress } from '../convert/progress';
import { AppError } from '../core/errors';
import type { CheckpointFiles } from '../formats/package-files';
import { catalogueEntryFor, catalogueModel } from '../models/catalogue';
import { checkShape, correctConfig } from '../models/catalogue/corrections';
import type { CatalogueModel } from '../models/catalogue/types';
import { readHfConfig } from '../models/read-config';
import { type ConvertOrder, type SourceOrder, type StoredOrder, toStoredOrder } from '../store/convert-order';
import { ConvertSink } from '../store/convert-sink';
import { withConvertLock } from '../store/model-lock';

export interface ConversionTools {
  readonly openSource: (source: SourceOrder, signal: AbortSignal) => Promise<CheckpointFiles>;
  readonly openQuantizer: () => Promise<BlockQuantizer>;
  readonly onProgress: (progress: ConvertProgress) => void;
  readonly signal: AbortSignal;
}

/**
 * @throws AppError `conversion-running`, `aborted`, and what sources, `convertModel` and the sink throw; what
 *   is done by then is kept, with the reason.
 */
export function runConversion(order: ConvertOrder, tools: ConversionTools): Promise<Converted> {
  return withConvertLock(order.id, () => convertLocked(order, tools), tools.signal);
}

async function convertLocked(order: ConvertOrder, tools: ConversionTools): Promise<Converted> {
  const { signal, onProgress } = tools;
  const open = (source: SourceOrder) => tools.openSource(source, signal);
  const [source, base, lora] = await Promise.all([
    open(order.source),
    order.base && open(order.base),
    order.lora && open(order.lora),
  ]);
  const sink = new ConvertSink(pinned(toStoredOrder(order), source, base, lora), order.resumes);
  const quantizer = await tools.openQuantizer();
  try {
    return await convertModel({
      source,
      base,
      lora,
      quantization: order.quantization,
      rounding: order.rounding,
      template: order.template,
      sink,
      quantizer,
      about: { name: order.name, licence: order.licence },
      correct: (config) => corrected(order, source, config),
      onProgress,
      signal,
    });
  } catch (caught) {
    const error = AppError.from(caught);
    if (error.code !== 'aborted')
      await note(sink, error).catch(() => {
        // The failure itself says more than that it could not be noted.
      });
    throw error;
  } finally {
    quantizer.dispose();
  }
}

/** A checkpoint whose numbers are bad will be so the next time: nothing of it is worth keeping. */
function note(sink: ConvertSink, error: AppError): Promise<void> {
  return error.code === 'tensor-mismatch' ? sink.discard() : sink.fail(error);
}

/** A branch may move before the conversion goes on: the order is kept with the commit it stood for. */
function pinned(
  order: StoredOrder,
  source: CheckpointFiles,
  base: CheckpointFiles | undefined,
  lora: CheckpointFiles | undefined,
): StoredOrder {
  const pin = (stored: StoredOrder['source'], files: CheckpointFiles | undefined) =>
    stored.kind === 'hugging-face' && files ? { ...stored, revision: files.revision } : stored;
  return {
    ...order,
    source: pin(order.source, source),
    ...(order.base && { base: pin(order.base, base) }),
    ...(order.lora && { lora: pin(order.lora, lora) }),
  };
}

function corrected(order: ConvertOrder, source: CheckpointFiles, config: Readonly<Record<string, unknown>>) {
  const model = knownModel(order, source, config);
  const result = correctConfig(model, config);
  checkShape(model, readHfConfig(result.config, order.quantization));
  return result;
}

/** The entry that was chosen, or the one that the checkpoint's names tell. */
function knownModel(
  { catalogueId, name }: ConvertOrder,
  { origin, revision }: CheckpointFiles,
  { vocab_size: vocab }: Readonly<Record<string, unknown>>,
): CatalogueModel | undefined {
  if (catalogueId !== undefined) return catalogueModel(catalogueId);
  const hints = { origin, name, revision };
  return catalogueEntryFor(typeof vocab === 'number' ? { ...hints, vocab } : hints);
}
