import { useMemo, type ReactElement } from 'react'
import { useLab } from '../../../app/lab'
import { useStrings } from '../../../strings'
import { problemPlace } from '../use-problems'
import type { LogLine } from './build-log'
import { useAnsiStyles } from './colour'
import { lineParts, type LinePart } from './line-parts'
import { findLocations } from './locations'
import { rangesOf } from './log-search'
import type { FindFile } from './use-project-files'

interface Props {
  line: LogLine
  query: string
  /** The search stands at this line. */
  current: boolean
  inStep: boolean
  findFile: FindFile
}

/** One line: its colours, the places that it names as links, what was searched for. */
export function LogLineView({ line, query, current, inStep, findFile }: Props): ReactElement {
  const { build: text } = useStrings()
  const { commands } = useLab()
  const { problem, level } = line
  const locations = useMemo(() => findLocations(line.text).filter(({ file }) => findFile(file) !== undefined), [line, findFile])
  const parts = useMemo(() => lineParts(line.text, line.styles, locations, rangesOf(line.text, query)), [line, locations, query])
  const className = `log-line log-${level} ${inStep ? 'log-in-step' : ''} ${current ? 'log-current' : ''}`
  const shown = parts.length === 0 ? '\u00a0' : parts.map((part) => <Part key={part.start} part={part} findFile={findFile} />)
  // A line about a place that it does not name leads there as a whole.
  if (problem?.file === undefined || locations.length > 0) return <div className={className}>{shown}</div>
  const { file, line: row = 1, column = 1 } = problem
  return (
    <button type="button" className={`${className} log-link`} title={text.goTo(problemPlace(problem))} onClick={() => commands.openFile(file, { line: row, column })}>
      {shown}
    </button>
  )
}

function Part({ part, findFile }: { part: LinePart; findFile: FindFile }): ReactElement {
  const { build: text } = useStrings()
  const { commands } = useLab()
  const styleOf = useAnsiStyles()
  const { location, hit, style } = part
  const content = hit ? <mark className="log-hit">{part.text}</mark> : part.text
  const styles = style && styleOf(style)
  const file = location && findFile(location.file)
  if (!location || file === undefined) return styles ? <span style={styles}>{content}</span> : <>{content}</>
  const { line, column = 1 } = location
  return (
    <button type="button" className="log-place" style={styles} title={text.goTo(`${file}:${line}`)} onClick={() => commands.openFile(file, { line, column })}>
      {content}
    </button>
  )
}
