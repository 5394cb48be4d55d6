export async function boot(_what: string, _options: unknown, _signal: AbortSignal): Promise<number> { throw new Error('interim') }
