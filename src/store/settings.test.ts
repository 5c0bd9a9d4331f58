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
    const mine = { language: 'zh', theme: 'dark', modelId: 'm', sampling: { temperature: 0 } } as const;
    await settings.writeSettings(mine);
    expect(await settings.readSettings()).toEqual(mine);
  });

  it('fall back field by field where the record is damaged', async () => {
    const { settingsDatabase } = await import('./database');
    await set(
      'settings',
      { language: 'fr', theme: 'dark', sampling: { topP: 'x' }, old: 1 },
      settingsDatabase(),
    );
    expect(await settings.readSettings()).toEqual({ ...settings.DEFAULT_SETTINGS, theme: 'dark' });
    await set('settings', 42, settingsDatabase());
    expect(await settings.readSettings()).toEqual(settings.DEFAULT_SETTINGS);
  });

  it('keep the list of stock models', async () => {
    expect(await settings.readStockIds()).toEqual([]);
    await settings.writeStockIds(['a', 'b']);
    expect(await settings.readStockIds()).toEqual(['a', 'b']);
  });
});
