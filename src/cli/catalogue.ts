import { AppError } from '../core/errors';
import { QUANTIZATIONS, type Quantization } from '../models/architecture';
import { CATALOGUE, catalogueEntryFor, catalogueModel } from '../models/catalogue/index';
import { LICENCES } from '../models/catalogue/licences';
import { packageBytes } from '../models/catalogue/memory';
import type { CatalogueModel } from '../models/catalogue/types';
import { peakBytes } from '../models/catalogue/verdict';
import { FAMILIES } from '../models/families';
import { parseOptions, UsageError } from './args';
import { convertLine, downloadText, fullContext, gb, gib, QUANTIZATION, verdictOf } from './catalogue-facts';
import { cataloguePage } from './catalogue-page';
import { STATUS_TEXT, VERDICT_TEXT } from './catalogue-text';
import { table } from './table';

/** The models that are known by name, or everything about one. Throws UsageError, AppError `model-unknown`. */
export async function catalogue(args: readonly string[]): Promise<number> {
  const isNamed = args[0]?.startsWith('-') === false;
  const options = parseOptions(isNamed ? args.slice(1) : args, {
    memory: { type: 'string' },
    json: { type: 'boolean', default: false },
  });
  const memoryBytes = readMemory(options.memory);
  if (!isNamed) {
    if (options.json) console.log(JSON.stringify(CATALOGUE.map((model) => facts(model, memoryBytes))));
    else console.log(listing(memoryBytes));
    return 0;
  }
  const id = args[0]!;
  const model = catalogueModel(id) ?? catalogueEntryFor({ origin: id });
  if (!model) throw new AppError('model-unknown', { model: id });
  console.log(options.json ? JSON.stringify(facts(model, memoryBytes)) : cataloguePage(model, memoryBytes));
  return 0;
}

/** Bytes from gigabytes as GPUs are sold, which are powers of two. */
function readMemory(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const gigabytes = Number(text);
  if (!(gigabytes > 0 && gigabytes <= 4096)) throw new UsageError(`--memory ${text} is no number of GB.`);
  return gigabytes * 2 ** 30;
}

/** What --json prints of a model: its record, and what follows from it. */
function facts(model: CatalogueModel, memoryBytes: number | undefined) {
  const { template, defaults } = FAMILIES[model.family];
  return {
    ...model,
    // JSON knows no undefined; what is not known is null and listed.
    parameters: model.parameters ?? null,
    architecture: model.architecture ?? null,
    template: template.name,
    stopTokens: template.stopTokens,
    defaults,
    licence: { id: model.licence, ...LICENCES[model.licence] },
    packages: QUANTIZATIONS.flatMap((quantization) => packageFacts(model, quantization)),
    verdict: verdictOf(model, memoryBytes) ?? null,
    convert: model.sources.map((source) => convertLine(model, source)),
  };
}

function packageFacts({ architecture }: CatalogueModel, quantization: Quantization) {
  if (!architecture) return [];
  const { architecture: _, ...memory } = fullContext(architecture, quantization);
  return [{ quantization, packageBytes: packageBytes(architecture, quantization), memory }];
}

function listing(memoryBytes: number | undefined): string {
  const head = ['ID', 'KIND', 'DOWNLOAD', 'PACKAGE', 'GPU MEMORY', 'CONTEXT', 'STATUS'];
  const rows = CATALOGUE.map((model) => {
    const { architecture, sources } = model;
    const [source] = sources;
    const found = verdictOf(model, memoryBytes);
    return [
      model.id,
      model.kind,
      source ? `${downloadText(source)}${source.isDelta ? ' + base' : ''}` : '-',
      architecture ? gb(packageBytes(architecture, QUANTIZATION)) : '-',
      architecture ? gib(peakBytes(fullContext(architecture, QUANTIZATION))) : '-',
      architecture ? String(architecture.contextLength) : '-',
      STATUS_TEXT[model.status],
      ...(memoryBytes === undefined ? [] : [found ? VERDICT_TEXT[found.verdict] : '-']),
    ];
  });
  const note = `Package and GPU memory as ${QUANTIZATION}, memory at the context given; ~ is computed. More: catalogue ID`;
  return `${table([memoryBytes === undefined ? head : [...head, 'VERDICT'], ...rows])}\n\n${note}`;
}
