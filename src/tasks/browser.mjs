// Finds a Chromium that can run the journeys: Chrome, Playwright's own, or the system's.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

const CANDIDATES = [
  '/usr/bin/google-chrome-stable',
  '/opt/google/chrome/chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** Path of the browser's executable, or undefined when there is none. AERIE_BROWSER decides if set. */
export async function findBrowser() {
  if (process.env.AERIE_BROWSER) return process.env.AERIE_BROWSER;
  const chrome = CANDIDATES.find((path) => existsSync(path));
  if (chrome) return chrome;
  const { chromium } = await import('@playwright/test');
  const own = chromium.executablePath();
  if (existsSync(own)) return own;
  return ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));
}

/** SwiftShader's Vulkan driver as the browser ships it, for Dawn in Node. */
export function swiftshaderDriver(browser) {
  const folders = [dirname(browser), '/usr/lib/chromium', '/opt/google/chrome'];
  return folders.map((folder) => join(folder, 'vk_swiftshader_icd.json')).find((path) => existsSync(path));
}
