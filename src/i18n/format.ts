/**
 * Fills a sentence of the dictionaries. `{name}` is a value, `{count|turn|turns}` picks a word by number,
 * and `[… {name} …]` is a part that is left out when one of its values is missing, so that a sentence
 * stays whole whatever details an error carries. Numbers, bytes and times go through Intl.
 */
export type Params = Readonly<Record<string, string | number | boolean | undefined>>;

const OPTIONAL = /\[([^[\]]*)\]/;
const PLACEHOLDER = /\{(\w+)(?:\|([^{}|]*)\|([^{}|]*))?\}/g;

export function formatMessage(template: string, params: Params, locale: string): string {
  // Splitting at a group gives what lies between at even places, the optional parts at odd ones. Each is
  // filled by itself: brackets and braces inside a value are never read.
  return template
    .split(OPTIONAL)
    .map((part, at) => fill(part, params, locale) ?? (at % 2 === 1 ? '' : part.replace(PLACEHOLDER, '–')))
    .join('');
}

/** undefined when a value is missing. */
function fill(text: string, params: Params, locale: string): string | undefined {
  let complete = true;
  const filled = text.replace(PLACEHOLDER, (_all, name: string, one?: string, other?: string) => {
    const value = params[name];
    if (value === undefined) {
      complete = false;
      return '';
    }
    if (one !== undefined)
      return (new Intl.PluralRules(locale).select(Number(value)) === 'one' ? one : other) ?? '';
    if (typeof value !== 'number') return String(value);
    return /bytes$/i.test(name) ? formatBytes(value, locale) : formatNumber(value, locale);
  });
  return complete ? filled : undefined;
}

export function formatNumber(value: number, locale: string, digits = 2): string {
  return new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(value);
}

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/** Decimal units, as disks and browsers count: 4.2 GB. */
export function formatBytes(bytes: number, locale: string): string {
  const step = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit: UNITS[step]!,
    unitDisplay: step === 0 ? 'long' : 'short',
    maximumFractionDigits: step > 2 ? 2 : step > 0 ? 1 : 0,
  }).format(bytes / 1000 ** step);
}

/** 0.34 s, 12.1 s. */
export function formatSeconds(ms: number, locale: string): string {
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit: 'second',
    unitDisplay: 'narrow',
    maximumFractionDigits: ms < 1000 ? 2 : 1,
  }).format(ms / 1000);
}

/** As exact as an estimate can be: 40 s, 12 min, 1 hr 5 min. */
export function formatDuration(ms: number, locale: string): string {
  const part = (value: number, unit: 'second' | 'minute' | 'hour' | 'day') =>
    new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'short' }).format(value);
  const seconds = Math.max(1, Math.round(ms / 1000));
  if (seconds < 55) return part(seconds < 10 ? seconds : Math.round(seconds / 5) * 5, 'second');
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes < 60) return part(minutes, 'minute');
  const hours = Math.floor(minutes / 60);
  if (hours >= 24) return part(Math.round(hours / 24), 'day');
  if (minutes % 60 === 0) return part(hours, 'hour');
  const gap = locale.startsWith('zh') ? '' : ' ';
  return `${part(hours, 'hour')}${gap}${part(minutes % 60, 'minute')}`;
}

export function formatPercent(fraction: number, locale: string): string {
  return new Intl.NumberFormat(locale, { style: 'percent' }).format(fraction);
}

/** Time for today, else the date; for the side bar. */
export function formatWhen(at: number, locale: string, now = Date.now()): string {
  const date = new Date(at);
  const isToday = date.toDateString() === new Date(now).toDateString();
  return new Intl.DateTimeFormat(
    locale,
    isToday ? { hour: '2-digit', minute: '2-digit' } : { dateStyle: 'medium' },
  ).format(date);
}
