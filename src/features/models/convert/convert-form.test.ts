import { describe, expect, it } from 'vitest';
import { catalogueModel } from '../../../models/catalogue';
import { asksIfDelta, missingPart, needsBase, orderOf, quantizationsFor, startForm } from './convert-form';

const plan = (id: string) => {
  const model = catalogueModel(id)!;
  return { name: model.name, model };
};
const folder = (label: string) => ({
  label,
  files: [{ path: 'config.json', file: new File(['{}'], 'config.json') }],
});

describe('the form of a conversion', () => {
  it('proposes the first source, or that of the preferred hub', () => {
    const chat34 = plan('aquilachat2-34b');
    expect(orderOf(startForm(chat34, null))?.source).toMatchObject({ kind: 'hugging-face' });
    expect(orderOf(startForm(chat34, 'modelscope'))?.source).toMatchObject({
      kind: 'modelscope',
      repo: 'BAAI/AquilaChat2-34B',
      revision: 'master',
    });
  });

  it('makes an order that names model, licence and quantisation', () => {
    expect(orderOf(startForm(plan('aquilachat-7b'), null))).toEqual({
      kind: 'convert',
      id: 'aquilachat-7b-q4f16_1',
      name: 'AquilaChat-7B',
      catalogueId: 'aquilachat-7b',
      source: { kind: 'hugging-face', repo: 'BAAI/AquilaChat-7B', revision: 'main' },
      quantization: 'q4f16_1',
      licence: 'BAAI Aquila Model License Agreement',
    });
  });

  it('passes on careful rounding, of 4 bits only', () => {
    const form = { ...startForm(plan('aquilachat-7b'), null), isCareful: true };
    expect(orderOf(form)).toMatchObject({ rounding: 'search' });
    expect(orderOf({ ...form, quantization: 'q0f16' })).not.toHaveProperty('rounding');
  });

  it('asks for the base of a delta, and not for that of a merged copy', () => {
    const ziya = startForm(plan('ziya-llama-13b-v1.1'), null);
    expect(missingPart(ziya)).toBe('base');
    expect(orderOf(ziya)).toBeUndefined();
    const base = { ...ziya.base, choice: { kind: 'address' } as const, address: 'huggyllama/llama-13b' };
    expect(orderOf({ ...ziya, base })?.base).toMatchObject({ repo: 'huggyllama/llama-13b' });
    const merged = { ...ziya, source: { ...ziya.source, choice: { kind: 'catalogue', at: 1 } as const } };
    expect(needsBase(merged)).toBe(false);
    expect(orderOf(merged)?.source).toMatchObject({ repo: 'erberry/Ziya-LLaMA-13B-v1.1-merged' });
  });

  it('lets the user say whether files are a delta, and guesses from their name', () => {
    const given = startForm({ ...plan('ziya-llama-13b-v1'), given: folder('Ziya-LLaMA-13B-v1') }, null);
    expect([asksIfDelta(given), given.isDelta]).toEqual([true, true]);
    const merged = startForm({ ...plan('ziya-llama-13b-v1.1'), given: folder('ziya-merged') }, null);
    expect(merged.isDelta).toBe(false);
    const aquila = startForm({ ...plan('aquila-7b'), given: folder('Aquila-7B') }, null);
    expect([asksIfDelta(aquila), needsBase(aquila)]).toEqual([false, false]);
    const unknown = startForm({ name: 'mine', given: folder('mine') }, null);
    expect([asksIfDelta(unknown), unknown.isDelta]).toEqual([true, false]);
  });

  it('gives a model with a LoRA a name and an id of its own', () => {
    const lora = { label: 'poet', files: [] };
    const order = orderOf(startForm({ name: 'mine', given: folder('mine'), lora }, null));
    expect(order).toMatchObject({ id: 'mine-poet-q4f16_1', name: 'mine + poet', lora: { label: 'poet' } });
  });

  it('waits for the model of a LoRA', () => {
    expect(missingPart(startForm({ name: 'poet', lora: folder('poet') }, null))).toBe('source');
  });

  it('offers weights as they are for small and unknown models only', () => {
    expect(quantizationsFor(catalogueModel('aquila-7b'))).toEqual(['q4f16_1', 'q4f32_1']);
    expect(quantizationsFor(undefined)).toContain('q0f16');
  });
});
