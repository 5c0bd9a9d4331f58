export function findBrowser(): Promise<string>;
export function swiftshaderDriver(browser: string): string | undefined;
