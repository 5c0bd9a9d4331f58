import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { set } from 'idb-keyval';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type * as Settings from './settings';

let settings: typeof Settings;

beforeEach(async () => {
  vi.resetModules();
  globalThis.indexedDB = new IDBFactory();
  settings = await import('./settings');
});

describe('settings', () => {
  it('start with the defaults', async () => {
    expect(await settings.readSettings()).toEqual(settings.DEFAULT_SETTINGS);
  });

  it('come back as written', async () => {
    const mine = {
      language: 'zh',
      theme: 'dark',
      modelId: 'm',
      sampling: { temperature: 0 },
      acceptedLicences: ['aquila'],
      gpuMemoryBytes: 8 * 2 ** 30,
      preferredHost: 'modelscope',
      speed: { int8Activations: true, int8Kv: true, speculation: 'off' },
    } as const;
    await settings.writeSettings(mine);
    expect(await settings.readSettings()).toEqual(mine);
  });

  it('fall back field by field where the record is damaged', async () => {
    const { settingsDatabase } = await import('./database');
    await set(
      'settings',
      {
        language: 'fr',
        theme: 'dark',
        sampling: { topP: 'x' },
        acceptedLicences: 'all',
        gpuMemoryBytes: -1,
        preferredHost: 'elsewhere',
        speed: { int8Activations: 'yes', int8Kv: true },
        old: 1,
      },
      settingsDatabase(),
    );
    const { DEFAULT_SETTINGS } = settings;
    const speed = { ...DEFAULT_SETTINGS.speed, int8Kv: true };
    expect(await settings.readSettings()).toEqual({ ...DEFAULT_SETTINGS, theme: 'dark', speed });
    await set('settings', 42, settingsDatabase());
    expect(await settings.readSettings()).toEqual(settings.DEFAULT_SETTINGS);
  });

  it('of a tab that runs an older version of the page have the defaults for what it does not know', () => {
    const { speed: _, ...older } = { ...settings.DEFAULT_SETTINGS, theme: 'dark' };
    expect(settings.parseSettings(older)).toEqual({ ...settings.DEFAULT_SETTINGS, theme: 'dark' });
  });

  it('know no access token: those are a record of their own', async () => {
    const tokens = await import('./hub-tokens');
    await settings.writeSettings(settings.DEFAULT_SETTINGS);
    await tokens.writeHubToken('hub.test', ' secret ');
    await tokens.writeHubToken('other.test', 'more');
    expect(JSON.stringify(await settings.readSettings())).not.toContain('secret');
    expect(await tokens.readHubToken('hub.test')).toBe('secret');
    expect(await tokens.listTokenHosts()).toEqual(['hub.test', 'other.test']);
    await tokens.deleteHubToken('hub.test');
    await tokens.writeHubToken('other.test', '');
    expect(await tokens.readHubToken('hub.test')).toBeUndefined();
    expect(await tokens.listTokenHosts()).toEqual([]);
    await tokens.writeHubToken('hub.test', 'secret');
    await settings.clearSettings();
    expect(await tokens.listTokenHosts()).toEqual([]);
  });

  it('keep the list of stock models', async () => {
    expect(await settings.readStockIds()).toEqual([]);
    await settings.writeStockIds(['a', 'b']);
    expect(await settings.readStockIds()).toEqual(['a', 'b']);
  });
});
