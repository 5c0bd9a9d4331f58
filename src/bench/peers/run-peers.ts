/**
 * Compares engines in one browser: serves one stored model in every peer's form, lets them answer in turns, and
 * prints medians. Started by peers.mjs.
 */
import { createWriteStream, existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { chromium } from '@playwright/test';
import { createServer } from 'vite';
import { parseOptions, UsageError } from '../../cli/args';
import { errorText } from '../../cli/error-text';
import { folderFiles } from '../../cli/folder-files';
import { AppError } from '../../core/errors';
import { type ModelPackage, openPackage } from '../../models/package';
import { findBrowser } from '../../tasks/browser.mjs';
import { packageToGguf } from './package-to-gguf';
import type { PeerOutcome, PeersOrder } from './page';
import { PEER_NAMES, type PeerName } from './peer';
import { peersReport } from './report';
import { serveFiles } from './serve-files';

const ROOT = new URL('../../..', import.meta.url).pathname;
const BUILT_IN = join(ROOT, 'public/models/aerie-mini');

const HELP = `npm run bench:peers -- [options]

Runs other engines beside Aerie in one browser, with the same weights and the same prompt, in turns.

  --package DIR        model: a q4f16_1 package (default: the built-in model)
  --prompt-tokens N    length of the prompt (default 64)
  --tokens N           tokens of each answer (default 32)
  --rounds N           answers of each engine; medians count (default 5)
  --peers A,B          of ${PEER_NAMES.join(', ')} (default: all)
  --mlc-library FILE   compiled model library, for web-llm
  --onnx DIR           ONNX export of the same model, for transformers.js
  --software           let the browser use SwiftShader, where there is no GPU
  --json FILE          write all figures`;

export async function main(args: readonly string[]): Promise<number> {
  try {
    const options = readOptions(args);
    if (options === undefined) {
      console.log(HELP);
      return 0;
    }
    await compare(options);
    return 0;
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(`${error.message}\n\n${HELP}`);
      return 2;
    }
    if (!(error instanceof AppError)) throw error;
    console.error(errorText(error));
    return 1;
  }
}

interface PeersOptions {
  readonly package: string;
  readonly promptTokens: number;
  readonly tokens: number;
  readonly rounds: number;
  readonly peers: readonly PeerName[];
  readonly mlcLibrary: string | undefined;
  readonly onnx: string | undefined;
  readonly isSoftware: boolean;
  readonly json: string | undefined;
}

function readOptions(args: readonly string[]): PeersOptions | undefined {
  const text = { type: 'string' } as const;
  const values = parseOptions(args, {
    package: text,
    'prompt-tokens': text,
    tokens: text,
    rounds: text,
    peers: text,
    'mlc-library': text,
    onnx: text,
    software: { type: 'boolean' },
    json: text,
    help: { type: 'boolean' },
  });
  if (values.help) return undefined;
  const count = (name: 'prompt-tokens' | 'tokens' | 'rounds', usual: number, least: number) => {
    const number = values[name] === undefined ? usual : Number(values[name]);
    if (!Number.isInteger(number) || number < least)
      throw new UsageError(`Option --${name} must be a whole number from ${least}.`);
    return number;
  };
  const peers = values.peers?.split(',') ?? PEER_NAMES;
  for (const name of peers)
    if (!PEER_NAMES.includes(name as PeerName)) throw new UsageError(`Unknown peer ${name}.`);
  for (const path of [values['mlc-library'], values.onnx])
    if (path !== undefined && !existsSync(path)) throw new UsageError(`${path} does not exist.`);
  return {
    package: resolve(values.package ?? BUILT_IN),
    promptTokens: count('prompt-tokens', 64, 1),
    tokens: count('tokens', 32, 2),
    rounds: count('rounds', 5, 1),
    peers: peers as readonly PeerName[],
    mlcLibrary: values['mlc-library'],
    onnx: values.onnx,
    isSoftware: values.software ?? false,
    json: values.json,
  };
}

async function compare(options: PeersOptions): Promise<void> {
  const model = await openPackage(folderFiles(options.package));
  const scratch = await mkdtemp(join(tmpdir(), 'aerie-peers-'));
  try {
    const order = orderOf(options, model);
    const gguf = Readable.from(packageToGguf(model, order.prompt));
    await pipeline(gguf, createWriteStream(join(scratch, 'model.gguf')));
    const outcomes = await runInBrowser(options, scratch, order);
    console.log(peersReport(outcomes, options));
    if (options.json !== undefined)
      await writeFile(options.json, `${JSON.stringify({ options, outcomes }, undefined, 2)}\n`);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function orderOf(options: PeersOptions, { architecture: { vocab } }: ModelPackage): PeersOrder {
  const { mlcLibrary, onnx, promptTokens } = options;
  return {
    peers: options.peers,
    files: {
      packageUrl: '/peer-files/package/',
      ggufUrl: '/peer-files/scratch/model.gguf',
      ...(mlcLibrary === undefined ? {} : { mlcLibraryUrl: `/peer-files/library/${basename(mlcLibrary)}` }),
      ...(onnx === undefined ? {} : { onnxUrl: '/peer-files/onnx/' }),
    },
    ...(transformersFolder() === undefined ? {} : { transformersUrl: '/peer-files/js/transformers.web.js' }),
    // Any ids do: no engine is faster for sense. A fixed stride keeps them distinct.
    prompt: Array.from({ length: promptTokens }, (_, i) => (17 + 97 * i) % (vocab - 16)),
    maxTokens: options.tokens,
    rounds: options.rounds,
  };
}

/** Where transformers.js has its browser build, if somebody installed it. */
function transformersFolder(): string | undefined {
  try {
    const entry = createRequire(import.meta.url).resolve('@huggingface/transformers');
    return dirname(entry);
  } catch {
    return undefined;
  }
}

async function runInBrowser(
  options: PeersOptions,
  scratch: string,
  order: PeersOrder,
): Promise<PeerOutcome[]> {
  const folders = new Map([
    ['/peer-files/package/', options.package],
    ['/peer-files/scratch/', scratch],
  ]);
  const add = (prefix: string, folder: string | undefined) => folder && folders.set(prefix, folder);
  add('/peer-files/library/', options.mlcLibrary && dirname(resolve(options.mlcLibrary)));
  add('/peer-files/onnx/', options.onnx && resolve(options.onnx));
  add('/peer-files/js/', transformersFolder());
  const server = await createServer({
    root: ROOT,
    configFile: false,
    logLevel: 'error',
    plugins: [serveFiles(folders)],
    // Threads of the WebAssembly peers need a page that shares memory.
    server: {
      port: 0,
      hmr: false,
      watch: null,
      headers: {
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-embedder-policy': 'require-corp',
      },
    },
    optimizeDeps: { noDiscovery: true, include: [] },
  });
  try {
    await server.listen();
    return await answersOf(`${server.resolvedUrls!.local[0]}src/bench/peers/page.html`, options, order);
  } finally {
    await server.close();
  }
}

async function answersOf(
  url: string,
  { isSoftware }: PeersOptions,
  order: PeersOrder,
): Promise<PeerOutcome[]> {
  const browser = await openBrowser(isSoftware);
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(0);
    page.on('console', (message) => {
      if (message.type() === 'info') console.error(message.text());
    });
    await page.goto(url);
    await page.waitForFunction(() => 'runPeers' in globalThis);
    return await page.evaluate((given) => globalThis.runPeers(given), order);
  } finally {
    await browser.close();
  }
}

async function openBrowser(isSoftware: boolean) {
  const executablePath = await findBrowser();
  return chromium.launch({
    ...(executablePath && { executablePath }),
    args: [
      '--no-sandbox',
      '--enable-unsafe-webgpu',
      '--enable-features=Vulkan',
      ...(isSoftware ? ['--use-webgpu-adapter=swiftshader', '--disable-gpu-watchdog'] : []),
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
