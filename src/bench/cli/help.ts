export const HELP = `npm run bench -- [options]            measure this machine
npm run bench -- compare A.json B.json   two results side by side

Measures the engine on the first WebGPU adapter that Dawn for Node finds (VK_ICD_FILENAMES chooses a driver): read
bandwidth, every decode kernel, tokens per second over the context, prefill, time to the first token, load time and
memory, with random weights of a published model's shape. The table goes to standard output.

  --model NAME[,NAME]   aquila-7b (default), ziya-13b, aquila2-34b, aerie-mini
  --layers N            run only N layers and extrapolate to all of them; the result says so
  --contexts LIST       cached positions to decode at (128,1k,4k,16k)
  --prefill LIST        lengths of prompts (128,512,2k)
  --rounds N            repetitions, of which the median counts (7; fewer where a round is long)
  --sections LIST       only these: bandwidth, load, prefill, firstToken, kernels, decode, speculation
  --int8                activations as 8-bit integers
  --int8-kv             keys and values as 8-bit integers
  --speculation MODE    off leaves that section out; auto (default) or always measures guessing ahead
  --quick               few and short measurements (contexts 128,1k; prompt 128; 3 rounds; no speculation)
  --json FILE           write the result
  --markdown            print tables for a README
  --against DIR         decode and prefill here and in another checkout of Aerie, in turns; prints a table only

With --quick --layers 1 a software adapter takes about one minute (lavapipe) or four (SwiftShader).`;
