import { AERIE_MANIFEST_NAME, parseAerieManifest } from '../formats/aerie-manifest';
import { readJson } from '../formats/json';
import { describeTensor } from '../formats/shape';
import { type ModelPackage, openPackage } from '../models/package';
import { parseOptions, required } from './args';
import { folderFiles } from './folder-files';
import { table } from './table';

/** What a package is: origin, shape, prompt format, tensors. */
export async function inspect(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, {
    model: { type: 'string' },
    json: { type: 'boolean', default: false },
  });
  const files = folderFiles(required(options.model, '--model'));
  const opened = await openPackage(files);
  const hasAerie = (await files.list()).some(({ name }) => name === AERIE_MANIFEST_NAME);
  const aerie = hasAerie ? parseAerieManifest(await readJson(files, AERIE_MANIFEST_NAME)) : undefined;
  const { architecture, chatConfig, manifest, unknownTensors } = opened;
  if (options.json) {
    const tensors = [...opened.tensors].map(([name, tensor]) => ({ name, ...tensor }));
    console.log(
      JSON.stringify({ architecture, chatConfig, aerie, shards: manifest.shards, tensors, unknownTensors }),
    );
    return 0;
  }
  const rows: [string, string][] = [
    ['name', aerie?.name ?? 'unknown (no aerie.json)'],
    ...(aerie ? originRows(aerie) : []),
    ...Object.entries(architecture).map(([key, value]): [string, string] => [key, String(value)]),
    ['template', templateName(chatConfig)],
    ['tokenizer', String(chatConfig.tokenizer_files ?? '')],
    ['shards', `${manifest.shards.length}, ${megabytes(manifest.shards.map((s) => s.sizeBytes))} MB`],
  ];
  console.log(table(rows));
  console.log(`\n${table(tensorRows(opened))}`);
  for (const name of unknownTensors) console.error(`Tensor ${name} is not used by this architecture.`);
  return 0;
}

function originRows(origin: { source: string; revision: string; licence: string }): [string, string][] {
  const { source, revision, licence } = origin;
  const rows: [string, string][] = [
    ['source', source],
    ['revision', revision],
    ['licence', licence],
  ];
  return rows.filter(([, value]) => value !== '');
}

function tensorRows(opened: ModelPackage): [string, string, string, string][] {
  return [...opened.tensors].map(([name, tensor]) => [
    name,
    describeTensor(tensor.shape, tensor.dtype),
    `${tensor.sizeBytes} bytes`,
    `${tensor.shard} at ${tensor.byteOffset}${tensor.format === 'raw' ? '' : `, ${tensor.format}`}`,
  ]);
}

function templateName(chatConfig: Readonly<Record<string, unknown>>): string {
  const template = chatConfig.conv_template;
  if (typeof template === 'string') return template;
  const name = (template as { name?: unknown } | null | undefined)?.name;
  return typeof name === 'string' ? name : 'none';
}

function megabytes(sizes: readonly number[]): string {
  return (sizes.reduce((sum, size) => sum + size, 0) / 1e6).toFixed(1);
}
