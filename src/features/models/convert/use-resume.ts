/** Going on with an unfinished conversion: at once where it can be, else after its folders are given again. */
import { useState } from 'react';
import { AppError } from '../../../core/errors';
import { currentTranslator } from '../../../i18n/language';
import type { GivenFiles } from '../../../store/convert-order';
import { showToast } from '../../../ui/toast';
import { orderOf } from '../../../worker/convert-client';
import type { ConvertStore } from './convert-store';
import type { UnfinishedConversion } from './ports';

export function useResume(useConvert: ConvertStore) {
  const [asked, setAsked] = useState<UnfinishedConversion>();

  const go = async (conversion: UnfinishedConversion, given: GivenFiles) => {
    try {
      const order = await orderOf(conversion.id, given);
      setAsked(undefined);
      await useConvert.getState().start(order);
    } catch (error) {
      // A folder that may not be read, or is no longer where it was.
      if (AppError.from(error).code === 'file-missing' && !asked) setAsked(conversion);
      else say(error);
    }
  };

  return {
    /** The one whose folders are asked for. */
    asked,
    resume: (conversion: UnfinishedConversion) => {
      const order = useConvert.getState().inHand(conversion.id);
      if (order) void useConvert.getState().start(order).catch(say);
      else if (conversion.need === 'needs-files') setAsked(conversion);
      else void go(conversion, {});
    },
    give: (given: GivenFiles) => {
      if (asked) void go(asked, given);
    },
    cancel: () => setAsked(undefined),
  };
}

function say(error: unknown): void {
  showToast({ text: currentTranslator().error(error) });
}
