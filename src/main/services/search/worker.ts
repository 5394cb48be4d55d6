/** Entry of the thread that looks for an expression: one that never ends can be ended with it. */
import { parentPort } from 'node:worker_threads'
import { findMatches } from './find-matches'
import { searchRequestSchema, type SearchAnswer } from './messages'

parentPort?.on('message', (message: unknown) => {
  const { text, pattern, limit } = searchRequestSchema.parse(message)
  parentPort?.postMessage(answer(() => ({ matches: findMatches(text, pattern, limit) })))
})

function answer(find: () => SearchAnswer): SearchAnswer {
  try {
    return find()
  } catch (error) {
    if (error instanceof SyntaxError) return { fault: error.message }
    throw error
  }
}
