// Everything that `npm test` does, in order; what could not run is listed at the end and never counts as passed.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findBrowser, swiftshaderDriver } from './browser.mjs';
import { installSystemPackages } from './system-packages.mjs';

const root = new URL('../../', import.meta.url).pathname;
const scratch = mkdtempSync(join(tmpdir(), 'aerie-test-'));
const totals = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
const notRun = [];

/** Runs one command with its output shown; resolves to its exit status. */
function run(command, args, env = {}) {
  return new Promise((done) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, ...env },
      shell: process.platform === 'win32',
    });
    child.on('error', () => done(127));
    child.on('exit', (code) => done(code ?? 1));
  });
}

async function step(name, command, args, env) {
  console.log(`\n── ${name}`);
  const started = performance.now();
  const status = await run(command, args, env);
  console.log(
    `   ${name}: ${status === 0 ? 'ok' : `failed (exit ${status})`} in ${((performance.now() - started) / 1000).toFixed(1)} s`,
  );
  if (status !== 0) failures.push(name);
  return status === 0;
}

/** Counts a Vitest JSON report; names of skipped tests go to the list of what did not run. */
function countVitest(name, report) {
  if (!existsSync(report)) return failures.push(`${name}: no report`);
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
  for (const file of testResults)
    for (const { status, fullName } of file.assertionResults) {
      if (status === 'passed') totals.passed++;
      else if (status === 'failed') totals.failed++;
      else {
        totals.skipped++;
        notRun.push(`${name}: ${fullName}`);
      }
    }
}

async function vitest(name, project, env) {
  const report = join(scratch, `${name.replaceAll(/\W+/g, '-')}.json`);
  const args = [
    'vitest',
    'run',
    '-c',
    'src/tasks/vitest.config.ts',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ];
  await step(name, 'npx', args, env);
  countVitest(name, report);
}

function countPlaywright(report) {
  if (!existsSync(report)) return failures.push('browser journeys: no report');
  const { stats } = JSON.parse(readFileSync(report, 'utf8'));
  totals.passed += stats.expected + stats.flaky;
  totals.failed += stats.unexpected;
  totals.skipped += stats.skipped;
  if (stats.skipped) notRun.push(`browser journeys: ${stats.skipped} skipped`);
  if (stats.flaky) console.log(`   ${stats.flaky} journeys passed only when tried again`);
}

/** Name of the adapter that Dawn finds with this environment, or undefined. */
function probeAdapter(env) {
  return new Promise((done) => {
    const child = spawn(process.execPath, ['src/tasks/probe-adapter.mjs'], {
      cwd: root,
      env: { ...process.env, ...env },
    });
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.on('exit', (code) => done(code === 0 ? output.trim() : undefined));
  });
}

await installSystemPackages();
const browser = await findBrowser();

await step('type check', 'npx', ['tsc', '--noEmit']);
await step('lint', 'npx', ['biome', 'check', '.']);
await vitest('unit tests', 'unit');

const lavapipe = ['lvp_icd.json', 'lvp_icd.x86_64.json', 'lvp_icd.aarch64.json']
  .map((name) => `/usr/share/vulkan/icd.d/${name}`)
  .find((path) => existsSync(path));
const adapters = [
  ['lavapipe', lavapipe],
  ['SwiftShader', browser && swiftshaderDriver(browser)],
];
for (const [name, driver] of adapters) {
  const env = { VK_ICD_FILENAMES: driver ?? '', VK_DRIVER_FILES: driver ?? '' };
  const found = driver && (await probeAdapter(env));
  if (found) await vitest(`kernels on ${found}`, 'gpu', { ...env, AERIE_ADAPTER: name });
  else notRun.push(`kernel tests on ${name}: no such adapter on this machine`);
}

if (!browser) notRun.push('browser journeys: no Chrome or Chromium on this machine');
else if (await step('build', 'npx', ['vite', 'build', '--logLevel', 'warn'])) {
  const report = join(scratch, 'journeys.json');
  await step('browser journeys', 'npx', ['playwright', 'test', '-c', 'e2e/playwright.config.ts'], {
    AERIE_BROWSER: browser,
    PLAYWRIGHT_JSON_OUTPUT_FILE: report,
  });
  countPlaywright(report);
}

rmSync(scratch, { recursive: true, force: true });
if (notRun.length) console.log(`\nNot run:\n${notRun.map((line) => `  - ${line}`).join('\n')}`);
if (failures.length) console.log(`\nFailed: ${failures.join(', ')}`);
const failed = Math.max(totals.failed, failures.length);
console.log(`\n${totals.passed} passed, ${failed} failed, ${totals.skipped} skipped`);
process.exit(failures.length || totals.failed ? 1 : 0);
