import { expect, it } from 'vitest';
import type { TappedDispatch } from './device-tap';
import { groupKernels, isHead, isOnce } from './kernel-groups';

const token = (ops: string): TappedDispatch[] => ops.split(' ').map((op) => ({ op }) as TappedDispatch);
const LAYER = 'qkv_rope qkv_rope attention_split attention_merge gemv_residual gate_up gate_up gemv_residual';
const INT8_LAYER =
  'quantize_rows qkv_rope store_kv attention_split quantize_rows gemv_residual quantize_rows gate_up quantize_rows gemv_residual';
const END = 'gemv_logits gemv_logits sample_logits sample_histogram sample_draw';

const shown = (ops: string) =>
  Object.fromEntries(
    [...groupKernels(token(ops))].map(([kernel, executions]) => [
      kernel,
      executions.map((execution) => execution.map(({ op }) => op).join(' ')),
    ]),
  );

it('tells the kernels of a token apart, layer by layer', () => {
  const [head, sampler] = ['gemv_logits gemv_logits', 'sample_logits sample_histogram sample_draw'];
  expect(shown(`embed_token embed_token ${LAYER} ${LAYER} ${END}`)).toEqual({
    qkv: ['qkv_rope qkv_rope', 'qkv_rope qkv_rope'],
    attention: ['attention_split attention_merge', 'attention_split attention_merge'],
    output: ['gemv_residual', 'gemv_residual'],
    gateUp: ['gate_up gate_up', 'gate_up gate_up'],
    down: ['gemv_residual', 'gemv_residual'],
    head: [head],
    sampler: [sampler],
  });
});

it('counts helpers to the kernel that they are made for', () => {
  const groups = shown(`embed_token ${INT8_LAYER} ${INT8_LAYER} ${END}`);
  expect(groups.qkv).toEqual(['quantize_rows qkv_rope', 'quantize_rows qkv_rope']);
  expect(groups.attention).toEqual(['store_kv attention_split', 'store_kv attention_split']);
  expect(groups.output).toEqual(['quantize_rows gemv_residual', 'quantize_rows gemv_residual']);
  expect(groups.down?.length).toBe(2);
});

it('tells what a token does once from its layers, and the head from the rest of that', () => {
  const of = (keep: (op: string) => boolean) =>
    token(`embed_token ${LAYER} ${INT8_LAYER} ${END}`)
      .filter(({ op }) => keep(op))
      .map(({ op }) => op)
      .join(' ');
  expect(of(isOnce)).toBe(`embed_token ${END}`);
  expect(of((op) => !isOnce(op))).toBe(`${LAYER} ${INT8_LAYER}`);
  expect(of(isHead)).toBe('gemv_logits gemv_logits');
});
