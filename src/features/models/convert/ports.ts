/** What the conversion needs from outside, so that it can be tested without a worker. */
import type * as client from '../../../worker/convert-client';

export type { ConvertResult, UnfinishedConversion } from '../../../worker/convert-client';

export type Converter = Pick<typeof client, 'convert' | 'listConversions' | 'removeConversion'>;
