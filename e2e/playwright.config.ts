/** Journeys in a real browser against the production build, with WebGPU on SwiftShader: no GPU is needed. */
import { defineConfig } from '@playwright/test';
import { findBrowser } from '../src/tasks/browser.mjs';

const PORT = 4183;

export default defineConfig({
  testDir: '.',
  outputDir: './results/traces',
  globalSetup: './global-setup.ts',
  timeout: 300_000,
  // A software adapter compiles for seconds; a condition that holds is seen at once all the same.
  expect: { timeout: 120_000 },
  fullyParallel: false,
  workers: 1,
  retries: process.env.CI ? 2 : 0,
  // Pictures for people to look at: AERIE_SCREENS=1 npm run test:e2e -- screens
  testIgnore: process.env.AERIE_SCREENS ? [] : ['**/screens.spec.ts'],
  reporter: [
    ['list'],
    ['json', { outputFile: process.env.PLAYWRIGHT_JSON_OUTPUT_FILE ?? 'results/journeys.json' }],
  ],
  use: {
    baseURL: `http://localhost:${PORT}`,
    trace: 'retain-on-failure',
    viewport: { width: 1280, height: 800 },
    launchOptions: {
      executablePath: await findBrowser(),
      args: [
        '--no-sandbox',
        '--enable-unsafe-webgpu',
        '--use-webgpu-adapter=swiftshader',
        '--enable-features=Vulkan',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  webServer: {
    command: `npx vite preview --port ${PORT} --strictPort`,
    url: `http://localhost:${PORT}`,
    reuseExistingServer: !process.env.CI,
    cwd: '..',
  },
});
