/**
 * Writes Hugging Face's tokenizer.json for a vocabulary that was published as `vocab.json` and `merges.txt` only:
 * tools that know nothing else (web-llm's tokenizer among them) then read the same ids. Shape of the file:
 * huggingface/tokenizers, `tokenizers/src/tokenizer/serialization.rs` and the models' serialization beside it.
 */
import type { AddedToken } from './text-model';

export interface VocabularyParts {
  /** Entry (in the byte alphabet) to id. */
  readonly vocab: ReadonlyMap<string, number>;
  /** `left right` in order of rank. */
  readonly merges: readonly string[];
  readonly added: readonly AddedToken[];
}

/** JSON value of the file, for byte-level BPE with GPT-2's words. */
export function tokenizerJson({ vocab, merges, added }: VocabularyParts): unknown {
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [...added]
      .sort((a, b) => a.id - b.id)
      .map(({ text, id, control }) => ({
        id,
        content: text,
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
        special: control,
      })),
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      vocab: Object.fromEntries(vocab),
      merges,
    },
  };
}
