import { expect, test } from 'vitest';
import { deviceOptions, workerName } from './device-options';

test.each([
  ['', {}],
  ['?lang=en', {}],
  ['?binding=128', { maxBindingBytes: 128 << 20 }],
  ['?lang=en&binding=256', { maxBindingBytes: 256 << 20 }],
  ['?binding=1', {}],
  ['?binding=-128', {}],
  ['?binding=', {}],
  ['?binding=a%26b', {}],
])('the query %j gives %j', (query, options) => {
  expect(deviceOptions(workerName(query))).toEqual(options);
});
