/** Converts one checkpoint, or looks at one, away from the page. Ended by the page afterwards. */
import { ConvertHandler } from './convert-handler';
import { openQuantizer } from './open-quantizer';

const handler = new ConvertHandler((message) => postMessage(message), openQuantizer);

self.onmessage = ({ data }) => handler.handle(data);
