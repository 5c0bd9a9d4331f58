/** English sentences for the errors that the command line can meet; the page has its own, in two languages. */
import { AppError, type ErrorCode } from '../core/errors';

/** `{name}` is filled from the error's details; a part in [brackets] is left out where its detail is missing. */
const SENTENCES: Partial<Record<ErrorCode, string>> = {
  'no-webgpu': 'WebGPU is not available here: the package "webgpu" could not be loaded[: {reason}].',
  'no-adapter':
    'No GPU adapter was found. On Debian, `apt install mesa-vulkan-drivers libvulkan1` brings a software one; ' +
    'with a GPU, install its Vulkan driver.',
  'limits-too-small': 'The limits of this GPU are too small for the model.',
  'device-lost': 'The GPU was lost[: {reason}].',
  'out-of-gpu-memory': 'The GPU has too little memory for this model.',
  'model-unknown': 'There is no such model[: {model}].',
  'model-incomplete': 'The model is not complete[: {reason}].',
  'file-missing': 'File not found[: {file}].',
  'file-truncated': '{file} has the wrong length[: {expectedBytes} bytes expected][, {actualBytes} found].',
  'hash-mismatch': '{file} was changed or damaged[: expected hash {expected}][, found {actual}].',
  'tensor-missing': 'Tensor {tensor} is missing[ from {file}].',
  'tensor-mismatch': 'Tensor {tensor} does not fit[: expected {expected}][, found {actual}].',
  'config-invalid': 'The configuration is not valid[: {field}][ = {value}][: {reason}].',
  'quantization-unknown': 'Unknown quantization {quantization}; known are q4f16_1, q4f32_1, q0f16 and q0f32.',
  'architecture-unknown': 'Unknown architecture {architecture}; LLaMA-shaped models run here.',
  'tokenizer-invalid': 'The tokenizer is not usable[: {file}][: {reason}].',
  'format-invalid': '{file} is not a valid file[: {reason}].',
  'pickle-refused': '{file} asks for {name}; nothing but tensors is read from PyTorch files.',
  'delta-mismatch':
    'Delta and base model do not belong together: tensor {tensor}[: the delta has {expected}][, the base has {actual}].',
  'base-mismatch':
    'The base is not the original LLaMA that the delta was taken from[: {reason}][: tensor {tensor}].',
  'lora-mismatch': 'The LoRA does not fit the model[: {tensor}][: {reason}].',
  'source-refused':
    '{host} refused access[ to {file}][ with status {status}]; a token may be needed (--token).',
  'source-limited': '{host} asks to wait[ for {waitSeconds} seconds]; run the same command again later.',
  'source-changed': 'The files at the source changed while they were being read[: {file}].',
  'conversion-running': 'Another process is converting into this folder.',
  'download-failed': 'The download failed[: {file}][ from {host}][ with status {status}][: {reason}].',
  'storage-full': 'The disk is full[: {neededBytes} more bytes are needed].',
  'storage-failed': 'A file could not be read or written[: {reason}].',
  'message-empty': 'The prompt is empty.',
  'message-too-long': 'The prompt is too long for the context[ by {excessTokens} tokens].',
  'parameter-out-of-range':
    'Parameter {parameter} is out of range[: {value}][, allowed is {min}][ to {max}].',
  'request-unsupported': 'This is not supported[: {feature}].',
  aborted: 'Stopped.',
  internal: 'Internal error: {message}',
};

const OPTIONAL = /\[([^[\]]*)\]/g;
const PLACEHOLDER = /\{(\w+)\}/g;

/** One sentence for a person; details that no placeholder used follow in parentheses. */
export function errorText(error: unknown): string {
  const { code, details } = AppError.from(error);
  const unused = new Map(Object.entries(details));
  const fill = (text: string): string =>
    text.replace(PLACEHOLDER, (_, key: string) => {
      unused.delete(key);
      return String(details[key] ?? 'unknown');
    });
  const isComplete = (part: string) => [...part.matchAll(PLACEHOLDER)].every(([, key]) => key! in details);
  const template = SENTENCES[code] ?? `${code}.`;
  const sentence = fill(template.replace(OPTIONAL, (_, part: string) => (isComplete(part) ? part : '')));
  const rest = [...unused].map(([key, value]) => `${key}: ${value}`).join(', ');
  return rest === '' ? sentence : `${sentence} (${rest})`;
}
