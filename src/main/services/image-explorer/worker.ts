/** Entry of the thread that takes images apart: questions in, answers out. */
import { parentPort } from 'node:worker_threads'
import { toFailure } from '../../../shared/failure'
import { answer } from './answer'
import { ImageExplorer } from './explorer'
import { questionSchema, type Reply } from './messages'

if (!parentPort) throw new Error('image-worker runs as a worker thread only.')
const port = parentPort
const explorer = new ImageExplorer()
const reply = (message: Reply): void => port.postMessage(message)

port.on('message', (message: unknown) => {
  const question = questionSchema.parse(message)
  answer(explorer, question).then(
    (value) => reply({ id: question.id, value }),
    (error: unknown) => reply({ id: question.id, failure: toFailure(error) }),
  )
})
