export const root: string
export function isStale(): boolean
export function buildIfStale(options?: { log?: (line: string) => void }): Promise<void>
