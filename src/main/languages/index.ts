/** Language servers: found, started, asked. */
export { findServer } from './find'
export { installCommand } from './programs'
export { LanguageSessions } from './sessions'
export type { ServerSetup } from './server'
