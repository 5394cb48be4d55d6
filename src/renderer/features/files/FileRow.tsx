import type { ReactElement, ReactNode } from 'react'
import { useStrings } from '../../strings'
import { Icon } from '../../ui/Icon'
import { startDrag } from './drag'
import { kindOf } from './kinds'
import type { Mark } from './marks'
import type { TreeRow } from './rows'

export const rowId = (path: string): string => `file-row-${path}`

interface Props {
  row: TreeRow
  selected: boolean
  dirty: boolean
  problem: Mark | undefined
  /** Something would be dropped into it. */
  dropping: boolean
  /** In place of its name. */
  naming: ReactElement | undefined
  onActivate(): void
  /** What follows it as long as it is being made. */
  children: ReactNode
}

/** What builds leave lies here, at any depth. */
const isResult = (path: string): boolean => /^(build|target)(\/|$)|\/target(\/|$)/.test(path)

export function FileRow({ row, selected, dirty, problem, dropping, naming, onActivate, children }: Props): ReactElement {
  const { files: text } = useStrings()
  const { path, name, kind, depth, expanded } = row
  const { letters, tone } = kindOf(path)
  const classes = [
    'file-row',
    selected ? 'file-selected' : '',
    dropping ? 'file-drop' : '',
    isResult(path) ? 'file-result' : '',
    problem === undefined ? '' : `file-${problem}`,
  ]
  return (
    <>
      <div
        id={rowId(path)}
        className={classes.join(' ')}
        role="treeitem"
        aria-level={depth + 1}
        aria-selected={selected}
        aria-expanded={kind === 'directory' ? expanded : undefined}
        data-path={path}
        title={path}
        draggable={naming === undefined}
        style={{ paddingLeft: `${depth * 0.75 + 0.375}rem` }}
        onClick={(event) => event.target instanceof HTMLInputElement || onActivate()}
        onDragStart={(event) => startDrag(event, path)}
      >
        {kind === 'directory' ? (
          <span className={`file-twist ${expanded ? '' : 'file-closed'}`}>
            <Icon name="chevron" size={12} />
          </span>
        ) : (
          <span className={`file-kind file-kind-${tone}`} aria-hidden="true">
            {letters}
          </span>
        )}
        {kind === 'directory' && <Icon name="folder" size={14} />}
        {naming ?? <span className="file-name">{name}</span>}
        {problem !== undefined && (
          <>
            <Icon name={problem} size={13} />
            <span className="visually-hidden"> ({problem === 'error' ? text.errors : text.warnings})</span>
          </>
        )}
        {dirty && (
          <>
            <span className="file-dirty" aria-hidden="true" />
            <span className="visually-hidden"> ({text.dirty})</span>
          </>
        )}
      </div>
      {children}
    </>
  )
}
