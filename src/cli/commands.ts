/**
 * The subcommands with their help. Each is loaded when it is called: most need neither a GPU nor a
 * tokenizer, and Dawn alone takes a while to load.
 */
export interface Command {
  /** What stands behind the name, for the usage line. */
  readonly usage: string;
  readonly summary: string;
  readonly help: string;
  /** Resolves to the exit code. */
  load(): Promise<(args: readonly string[]) => Promise<number>>;
}

export const COMMANDS: Readonly<Record<string, Command>> = {
  convert: {
    usage: '--source WHERE --out DIR [--quantization Q] [--base WHERE] [--lora WHERE] [--tokenizer WHERE]',
    summary: 'make a package from a published checkpoint',
    help: `  --source WHERE      hf:ORG/NAME@REVISION, modelscope:ORG/NAME, an https address, or a folder, with
                      config.json and safetensors or PyTorch .bin files
  --out DIR           folder to create; it appears only when the package is whole
  --quantization Q    q4f16_1 (default), q4f32_1, q0f16 or q0f32
  --rounding R        plain (MLC's rule) or search (least squared error), for q4
  --importance FILE   for --rounding search: safetensors of U8 [in] vectors, 1 to 127, by stored matrix
  --base WHERE        LLaMA model that --source is a delta of (Ziya)
  --lora WHERE        LoRA to merge into the weights
  --tokenizer WHERE   folder of the tokenizer files where --source has none
  --template NAME     prompt format, instead of the one guessed from the name
  --token TEXT        access token for Hugging Face, sent to no other host (or HF_TOKEN in the environment;
                      HF_ENDPOINT there names a mirror)
  --name, --licence, --origin, --revision TEXT
                      what aerie.json and the guess of the prompt format go by, where it is not known
  --shards MB         most megabytes of a shard with several matrices (default 67, which is 64 MiB)
  --restart           drop what an unfinished conversion left
  --force             replace --out if it is there
  --json              print what was written as JSON
Stopped (Ctrl-C) or cut off, it keeps what is done beside --out; the same command goes on from there.`,
    load: async () => (await import('./convert')).convert,
  },
  generate: {
    usage: '--model DIR (--prompt TEXT | --messages FILE | --ids 1,2,3)',
    summary: 'answer a prompt on the GPU',
    help: `  --model DIR         a package
  --prompt TEXT       text to continue
  --messages FILE     JSON array of {role, content}, put into the model's prompt format
  --ids 1,2,3         token ids to continue
  --max-tokens N, --temperature X, --top-k N, --top-p X, --seed N, --repetition-penalty X
  --int8              activations as 8-bit integers (4-bit models): faster, logits move a little
  --int8-kv           keys and values as 8-bit integers: half the memory of a long context
  --speculation WHEN  guess ahead from the text itself: auto (default), off or always
  --json              print one JSON object instead of streaming text`,
    load: async () => (await import('./generate')).generate,
  },
  logits: {
    usage: '--model DIR --ids FILE.json --out FILE.f32',
    summary: 'write the logits after a sequence of token ids',
    help: `  --model DIR         a package
  --ids FILE.json     JSON array of token ids
  --out FILE.f32      little-endian float32 logits of the last position`,
    load: async () => (await import('./logits')).logits,
  },
  tokenize: {
    usage: '--tokenizer DIR --file FILE.json [--plain] [--json]',
    summary: 'turn texts into token ids',
    help: `  --tokenizer DIR     folder with the tokenizer files, or a package
  --file FILE.json    JSON array of texts
  --plain             read the text of special tokens (</s>, [CLS], …) as text like any other, as is done
                      with what a user types; without it they become those tokens, as in a prompt format
  --json              print a JSON array of arrays of ids instead of one line per text
Nothing is put before or after the ids of a text.`,
    load: async () => (await import('./tokenize')).tokenize,
  },
  catalogue: {
    usage: '[ID] [--memory GB] [--json]',
    summary: 'list the published models, or tell everything about one',
    help: `  ID                  of the list, or a name such as AquilaChat-7B
  --memory GB         what the GPU has, to judge which models fit
  --json              print JSON`,
    load: async () => (await import('./catalogue')).catalogue,
  },
  inspect: {
    usage: '--model DIR [--json]',
    summary: 'show what a package is',
    help: `  --model DIR         a package
  --json              print JSON, every tensor included`,
    load: async () => (await import('./inspect')).inspect,
  },
  verify: {
    usage: '--model DIR [--json]',
    summary: 'check every file of a package against its hashes and shapes',
    help: `  --model DIR         a package
  --json              print JSON
Exit code 1 when something is wrong.`,
    load: async () => (await import('./verify')).verify,
  },
  'quant-error': {
    usage: '--source DIR [--base DIR] --package DIR… [--json]',
    summary: 'measure what quantising cost each kind of matrix',
    help: `  --source DIR        the checkpoint; the delta with --base
  --package DIR       made from it; may be given more than once
  --json              print JSON
Root mean square of (package - f16 of the checkpoint), relative to that of the checkpoint.`,
    load: async () => (await import('./quant-error')).quantError,
  },
  perplexity: {
    usage: '--model DIR --text FILE [--window N] [--json]',
    summary: 'measure how well a small model predicts a text',
    help: `  --model DIR         a package
  --text FILE         a text; or FILE.json, an array of dialogues (arrays of {role, content}) that end with an
                      answer, of which only the answer counts
  --window N          tokens of a text that are read together (default 256)
  --json              print JSON
Computed in float64 on the CPU, slowly: for models of some million weights.`,
    load: async () => (await import('./perplexity')).perplexity,
  },
  importance: {
    usage: '--model DIR --text FILE --out FILE [--window N]',
    summary: 'find out which inputs of the matrices matter, for convert --importance',
    help: `  --model DIR         a package, best in q0f16
  --text FILE         a calibration text; or FILE.json, an array of dialogues that end with an answer
  --out FILE          safetensors with a U8 vector per matrix
  --window N          tokens of a text that are read together (default 256)
Computed in float64 on the CPU, slowly: for models of some million weights.`,
    load: async () => (await import('./importance')).importance,
  },
  synth: {
    usage:
      '--shape NAME --out DIR [--layers N] [--format F] [--dtype T] [--delta-base DIR] [--package q4f16_1]',
    summary: 'write a random checkpoint or package of a published shape',
    help: `  --shape NAME        aquila-7b, aquila2-34b, ziya-13b or aquila2-70b
  --out DIR           an empty folder, or one to create
  --layers N          instead of all of them; every other dimension is the published one
  --format F          safetensors (default) or torch
  --dtype T           f16 (default), bf16 or f32
  --delta-base DIR    of ziya-13b: writes a LLaMA-shaped base here and --out as a delta of it
  --package Q         a package in q4f16_1 instead of a checkpoint, without the checkpoint on the way
  --shards MB         most megabytes of a weight file (default 4096)
  --seed N            1 or more; the same seed gives the same bytes (default 1)
  --tokenizer DIR     copies its tokenizer files; without it the vocabulary is the 256 bytes`,
    load: async () => (await import('./synth')).synth,
  },
  'bench-convert': {
    usage: '[--shape NAME] [--layers N] [--delta] [--quantization Q] [--rounding plain|search|both] [--json]',
    summary: 'measure the speed and the memory of a conversion',
    help: `  --shape NAME        as of synth (default ziya-13b); a random checkpoint is written and removed again
  --layers N          default 2
  --delta             of ziya-13b: a delta on its base, merged on the way
  --format F, --dtype T
                      of the checkpoint, as of synth
  --quantization Q    q4f16_1 (default), q4f32_1, q0f16 or q0f32
  --rounding R        plain, search, or both (default)
  --gpu               quantise on the GPU instead of on threads
  --scratch DIR       where the checkpoint is written, instead of the system's folder for such
  --json              print JSON`,
    load: async () => (await import('./bench-convert')).benchConvert,
  },
};
