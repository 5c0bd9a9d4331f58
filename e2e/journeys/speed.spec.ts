/** How models run is chosen in Settings, takes effect when the model is loaded again, and is still chosen later. */
import { expect } from '@playwright/test';
import { test } from '../visit';

test('8-bit activations: switched on, the model loaded again, a question answered, and off again', async ({
  visit: { page, chat },
}) => {
  const int8 = page.getByRole('switch', { name: '8-bit activations' });
  const reload = chat.button('Reload now');
  const settled = page.getByText('Changes take effect when a model is loaded next.');
  await chat.startNew();
  await chat.untilReady();
  await chat.button('Settings').click();
  await expect(settled).toBeVisible();
  for (const isOn of [true, false]) {
    await int8.setChecked(isOn);
    await expect(page.getByText('aerie-mini still runs with the settings from before')).toBeVisible();
    // Changed back, there is nothing to reload for.
    await int8.setChecked(!isOn);
    await expect(reload).toHaveCount(0);
    await int8.setChecked(isOn);
    await reload.click();
    await expect(settled).toBeVisible();
    await chat.startNew();
    await chat.untilReady();
    const answer = await chat.ask('Are my conversations sent anywhere?');
    await expect(chat.textOf(answer)).toHaveText(/\S/);
    if (isOn) await page.reload();
    await chat.untilReady();
    await chat.button('Settings').click();
    await expect(int8).toBeChecked({ checked: isOn });
    await expect(reload).toHaveCount(0);
  }
});
