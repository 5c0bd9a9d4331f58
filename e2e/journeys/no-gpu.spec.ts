/** Without a usable GPU the page says what is missing and what to do, in the user's language. */
import { expect, test } from '@playwright/test';
import { ChatPage } from '../chat-page';

const CASES = [
  {
    name: 'no WebGPU',
    script: () => Reflect.deleteProperty(Navigator.prototype, 'gpu'),
    en: /has no WebGPU\. Use a current Chrome or Edge/,
    zh: /没有 WebGPU。请用新版 Chrome/,
  },
  {
    name: 'no adapter',
    script: () => {
      GPU.prototype.requestAdapter = async () => null;
    },
    en: /found no usable GPU\. Update the graphics driver/,
    zh: /没有找到可用的显卡。请更新显卡驱动/,
  },
  {
    name: 'limits too small',
    script: () => {
      const tiny = {
        maxStorageBufferBindingSize: 1 << 20,
        maxStorageBuffersPerShaderStage: 4,
        maxBufferSize: 1,
      };
      Object.defineProperty(GPUAdapter.prototype, 'limits', { get: () => tiny });
    },
    en: /one binding holds 1 MB, 134\.2 MB are needed; 4 storage buffers per stage/,
    zh: /单次绑定只有 1 MB，需要 134\.2 MB；每阶段存储缓冲 4 个/,
  },
] as const;

for (const { name, script, en, zh } of CASES)
  test(`${name} is said in both languages`, async ({ page }) => {
    await page.addInitScript(script);
    for (const [language, sentence] of [
      ['en', en],
      ['zh', zh],
    ] as const) {
      const chat = new ChatPage(page, language);
      await chat.open();
      await expect(page.getByRole('alert')).toHaveText(sentence);
      await chat.message.fill('hello');
      await expect(chat.send).toBeDisabled();
    }
    // Nothing was downloaded for a GPU that is not there.
    expect(page.workers()).toEqual([]);
  });

test('an insecure address is said in both languages', async ({ page, baseURL }) => {
  await page.route('http://aerie.example/**', async (route) => {
    const { pathname, search } = new URL(route.request().url());
    await route.fulfill({ response: await route.fetch({ url: `${baseURL}${pathname}${search}` }) });
  });
  for (const [language, sentence] of [
    ['en', /not opened over a secure connection.*http:\/\/localhost/s],
    ['zh', /不是通过安全连接打开的.*http:\/\/localhost/s],
  ] as const) {
    await page.goto(`http://aerie.example/?lang=${language}`);
    await expect(page.getByRole('alert')).toHaveText(sentence);
  }
});
