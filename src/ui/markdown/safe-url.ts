/** Only addresses that cannot run code or leave quietly; anything else gives no link. */
export function safeUrl(url: string): string {
  return /^(?:https?:\/\/|mailto:)/i.test(url.trim()) ? url.trim() : '';
}
