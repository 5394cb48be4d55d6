/** Language servers: found, started, asked. */
export { LanguageSessions } from './sessions'
export type { ServerSetup } from './server'
