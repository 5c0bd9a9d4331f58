/**
 * A model of full size through the whole app in a real browser, for its time and its memory: a random package in
 * the shape of Aquila-7B is imported from a folder, loaded from IndexedDB with the engine held to bindings of
 * 128 MiB, and asked for a few tokens. Not part of the tests: on a software adapter it takes many minutes.
 *
 *   npm run bench:full-shape -- [--layers 32] [--tokens 4] [--binding 128] [--tokenizer DIR] [--keep]
 *
 * Needs about 12 GB of disk and, on a software adapter, 12 GB of memory. Linux only, because of /proc.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type BrowserContext, chromium, type Page } from '@playwright/test';
import { build, preview } from 'vite';
import { synth } from '../src/cli/synth';
import { findBrowser } from '../src/tasks/browser.mjs';
import { ChatPage } from './chat-page';
import { ModelsPage } from './models-page';
import { type BrowserMemory, MemorySampler } from './process-memory';
import { storedAnswers } from './storage';

const MODEL = 'aquila-7b-random-q4f16_1';
/** Few tokens: a software adapter takes minutes for a prompt that fills a tile of the matrix kernels. */
const QUESTION = '你好';
/** Nothing here has a time limit: how long it takes is the question. */
const FOREVER = { timeout: 0 };

interface Settings {
  readonly layers: string;
  readonly tokens: string;
  readonly binding: string;
  readonly tokenizer: string | undefined;
  readonly keep: boolean;
}

export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      layers: { type: 'string', default: '32' },
      tokens: { type: 'string', default: '4' },
      binding: { type: 'string', default: '128' },
      tokenizer: { type: 'string' },
      keep: { type: 'boolean', default: false },
    },
  });
  const scratch = mkdtempSync(join(tmpdir(), 'aerie-full-shape-'));
  try {
    await run(scratch, { ...values, tokenizer: values.tokenizer });
    return 0;
  } finally {
    if (values.keep) console.log(`kept: ${scratch}`);
    else rmSync(scratch, { recursive: true, force: true });
  }
}

async function run(scratch: string, settings: Settings): Promise<void> {
  const model = join(scratch, 'package');
  const { layers, tokenizer } = settings;
  const more = tokenizer === undefined ? [] : ['--tokenizer', tokenizer];
  await synth(['--shape', 'aquila-7b', '--layers', layers, '--package', 'q4f16_1', '--out', model, ...more]);
  const root = new URL('..', import.meta.url).pathname;
  const outDir = join(scratch, 'app');
  await build({ root, logLevel: 'warn', build: { outDir } });
  const server = await preview({ root, logLevel: 'warn', build: { outDir }, preview: { port: 0 } });
  const profile = join(scratch, 'profile');
  const context = await openBrowser(profile);
  const memory = new MemorySampler(profile);
  try {
    const address = server.resolvedUrls!.local[0]!;
    const [page = await context.newPage()] = context.pages();
    await measure(new Measurement(page, memory), { ...settings, address, model });
  } finally {
    memory.stop();
    await context.close();
    await server.close();
  }
}

async function openBrowser(profile: string): Promise<BrowserContext> {
  const executablePath = await findBrowser();
  return chromium.launchPersistentContext(profile, {
    ...(executablePath && { executablePath }),
    viewport: { width: 1280, height: 800 },
    args: [
      '--no-sandbox',
      '--enable-unsafe-webgpu',
      '--use-webgpu-adapter=swiftshader',
      '--enable-features=Vulkan',
      // A software adapter may work on one submit for longer than a real one would be given.
      '--disable-gpu-watchdog',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

async function measure(
  measurement: Measurement,
  { address, model, binding, tokens }: Settings & { address: string; model: string },
): Promise<void> {
  const { page } = measurement;
  const chat = new ChatPage(page);
  const models = new ModelsPage(page);
  const menu = (name: RegExp) => page.getByRole('button', { name }).waitFor(FOREVER);
  page.setDefaultTimeout(0);
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') console.error(message.text());
  });
  page.on('crash', () => console.error('the page crashed'));

  await measurement.step('open the app, load the built-in model', async () => {
    await page.goto(`${address}?lang=en&binding=${binding}#/`);
    await menu(/^Current model: .*ready$/);
  });
  await chat.setDefaults({ 'Maximum length': tokens, Temperature: '0' });
  measurement.note(await gpuFacts(page));
  await models.open();
  await measurement.step('import the folder', async () => {
    await models.importFolder(model);
    await orFailure(page, models.model(MODEL).waitFor(FOREVER));
  });
  await models.startChat(MODEL);
  await measurement.step('move the weights to the GPU', () =>
    orFailure(page, page.locator('[role=progressbar][aria-valuetext^="Compile"]').first().waitFor(FOREVER)),
  );
  await measurement.step('compile what is left and warm up', () =>
    orFailure(page, menu(new RegExp(`^Current model: .*${MODEL}.*ready$`))),
  );
  await measurement.step(`answer with ${tokens} tokens`, async () => {
    await chat.message.fill(QUESTION);
    await chat.send.click();
    await orFailure(page, page.locator('[role=log] article[data-status=done] .numbers').waitFor(FOREVER));
  });
  const [answer] = await storedAnswers(page);
  if (answer?.stats) measurement.note(`answer: ${JSON.stringify(answer.stats)}`);
  console.log(measurement.report());
}

/** What the app found out about the GPU, from its settings, and what its engine's worker was told to live with. */
async function gpuFacts(page: Page): Promise<string> {
  await page.getByRole('button', { name: 'Settings', exact: true }).click();
  const fact = (name: string) => page.locator(`dt:text-is("${name}") + dd`).textContent();
  const names = await Promise.all(page.workers().map((worker) => worker.evaluate(() => self.name)));
  const held = names.find((name) => name.startsWith('binding=')) ?? 'not held to less';
  return `GPU: ${await fact('GPU')}; it offers bindings of ${await fact('Largest binding')}; engine: ${held} MiB`;
}

/** Whatever the app shows as an error ends the wait. */
async function orFailure(page: Page, work: Promise<unknown>): Promise<void> {
  const failure = page.getByRole('alert').first();
  const failed = failure.waitFor(FOREVER).then(async () => {
    throw new Error(`the app says: ${await failure.textContent()}`);
  });
  await Promise.race([work, failed]);
}

interface Step {
  readonly name: string;
  readonly seconds: number;
  readonly peak: BrowserMemory;
  readonly after: BrowserMemory;
  readonly storedBytes: number;
}

class Measurement {
  private readonly steps: Step[] = [];
  private readonly notes: string[] = [];

  constructor(
    readonly page: Page,
    private readonly memory: MemorySampler,
  ) {}

  async step(name: string, work: () => Promise<unknown>): Promise<void> {
    this.memory.takePeak();
    const started = performance.now();
    await work();
    const seconds = (performance.now() - started) / 1000;
    const after = this.memory.sample();
    const storedBytes = await this.page.evaluate(async () => (await navigator.storage.estimate()).usage ?? 0);
    this.steps.push({ name, seconds, peak: this.memory.takePeak(), after, storedBytes });
    console.log(this.row(this.steps.at(-1)!));
  }

  note(text: string): void {
    this.notes.push(text);
  }

  /** A table in Markdown. */
  report(): string {
    const [cpu] = cpus();
    const machine = `${cpus().length} cores (${cpu?.model ?? 'unknown'}), ${gigabytes(totalmem())} GB of memory`;
    return [
      `${new Date().toISOString()}, ${machine}`,
      '',
      '| Step | Time | Memory of all processes, most | after | of them GPU process / page | Stored |',
      '|---|---|---|---|---|---|',
      ...this.steps.map((step) => this.row(step)),
      '',
      ...this.notes,
    ].join('\n');
  }

  private row({ name, seconds, peak, after, storedBytes }: Step): string {
    const kinds = ['gpu-process', 'renderer'].map((kind) => gigabytes(peak.byKind[kind] ?? 0)).join(' / ');
    const cells = [
      name,
      `${seconds.toFixed(1)} s`,
      `${gigabytes(peak.residentBytes)} GB`,
      `${gigabytes(after.residentBytes)} GB`,
      `${kinds} GB`,
      `${gigabytes(storedBytes)} GB`,
    ];
    return `| ${cells.join(' | ')} |`;
  }
}

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(2);
}
