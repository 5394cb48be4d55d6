/** Questions about images, answered by one explorer. */
import type { ImageExplorer } from './explorer'
import type { Answers, Question, QuestionName } from './messages'

export function answer(explorer: ImageExplorer, { name, args }: Question): Promise<Answers[QuestionName]> {
  switch (name) {
    case 'inspect':
      return explorer.inspect(args.path)
    case 'read':
      return explorer.read(args.path, args.version, args.offset, args.length)
    case 'at':
      return explorer.at(args.path, args.version, args.offset)
    case 'find':
      return explorer.find(args.path, args.version, args.thing)
  }
}
