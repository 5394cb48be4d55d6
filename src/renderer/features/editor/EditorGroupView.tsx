import { useState, type DragEvent, type ReactElement } from 'react'
import { useStore } from 'zustand'
import { CommandButton } from '../../app/CommandButton'
import { useLab } from '../../app/lab'
import { MaximizeButton } from '../../app/MaximizeButton'
import { useStrings } from '../../strings'
import { EmptyState } from '../../ui/EmptyState'
import { TabClose } from '../../ui/TabClose'
import { panelId, tabId, Tabs } from '../../ui/Tabs'
import { draggedFile, draggedTab, isFileDrag, isTabDrag, startTabDrag } from '../files/drag'
import { DiskBar } from './DiskBar'
import { isDirty } from './documents'
import { groupOf, type Side } from './groups'
import { CompareView, MonacoEditor } from './monaco-on-demand'

interface Props {
  id: string
  /** In reading order, from 1. */
  number: number
  alone: boolean
  /** Whether it lies in the panel's upper right corner, where the panel's own button is. */
  corner: boolean
}

/** Share of a group's width and height at whose edge a drop makes a new group. */
const EDGE = 0.25

/** The side of the group that the pointer is at; undefined for its middle. */
function sideAt(event: DragEvent): Side | undefined {
  const box = event.currentTarget.getBoundingClientRect()
  const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height]
  const distances: readonly [Side, number][] = [['left', x], ['right', 1 - x], ['above', y], ['below', 1 - y]]
  const [side, distance] = distances.reduce((nearest, one) => (one[1] < nearest[1] ? one : nearest))
  return distance < EDGE ? side : undefined
}

export function EditorGroupView({ id, number, alone, corner }: Props): ReactElement {
  const { editor: text, groups: words } = useStrings()
  const { documents, projects, commands, attempt } = useLab()
  const { open, active } = useStore(documents.store, (state) => groupOf(state.groups, id))
  const texts = useStore(documents.store, (state) => state.documents)
  const project = useStore(projects.store, (state) => state.project)
  const [drop, setDrop] = useState<Side | 'middle'>()
  const [compared, setCompared] = useState<string>()
  const name = id === 'g1' ? 'files' : `files-${id}`
  const theirs = active === undefined ? undefined : texts[active]?.theirs
  const comparing = active !== undefined && compared === active && theirs !== undefined && theirs !== 'gone'
  const roles = new Map([
    [project?.entry, text.entry],
    [project?.target, text.target],
    ['bootlab.json', text.manifest],
  ])
  const tabs = open.map((path) => {
    const dirty = isDirty(texts[path])
    const role = roles.get(path)
    return {
      id: path,
      title: role === undefined ? path : `${path} (${role})`,
      className: dirty ? 'tab-dirty' : '',
      label: (
        <>
          {path}
          {dirty && <span className="visually-hidden"> ({text.unsaved})</span>}
        </>
      ),
      after: <TabClose title={text.close(path)} onClose={() => commands.closeFile(path, id)} />,
      onDragStart: (event: DragEvent) => startTabDrag(event, path, id),
    }
  })

  function onDragOver(event: DragEvent): void {
    if (!isTabDrag(event) && !isFileDrag(event)) return
    event.preventDefault()
    event.stopPropagation()
    setDrop(onTabs(event) ? 'middle' : (sideAt(event) ?? 'middle'))
  }

  function onDrop(event: DragEvent): void {
    setDrop(undefined)
    const [tab, file] = [draggedTab(event), draggedFile(event)]
    if (!tab && file === undefined) return
    event.preventDefault()
    event.stopPropagation()
    const side = onTabs(event) ? undefined : sideAt(event)
    const before = onTabs(event) ? tabAt(event) : undefined
    if (tab) documents.move(tab.path, tab.group, id, { ...(side ? { side } : {}), ...(before === undefined ? {} : { before }) })
    else if (file !== undefined) attempt(documents.openFile(file, undefined, { group: id, ...(side ? { side } : {}) }))
    documents.takeKeyboard()
  }

  return (
    <section
      className="editor-group-inner"
      aria-label={alone ? undefined : words.label(number)}
      onFocusCapture={() => documents.focus(id)}
      onPointerDownCapture={() => documents.focus(id)}
      onDragOverCapture={onDragOver}
      onDragLeave={(event) => event.currentTarget.contains(event.relatedTarget instanceof Node ? event.relatedTarget : null) || setDrop(undefined)}
      onDropCapture={onDrop}
    >
      <Tabs name={name} label={text.tabs} tabs={tabs} active={active} onSelect={(path) => documents.activate(path, id)} onDelete={(path) => commands.closeFile(path, id)}>
        {active !== undefined && <CommandButton command="editor.splitRight" icon="split" tone="quiet" />}
        {corner && <MaximizeButton panel="editor" />}
      </Tabs>
      {active !== undefined && theirs !== undefined && <DiskBar path={active} comparing={comparing} onCompare={() => setCompared(comparing ? undefined : active)} />}
      <div className="pane-body" role="tabpanel" id={panelId(name)} aria-labelledby={active === undefined ? undefined : tabId(name, active)}>
        {open.length === 0 && <EmptyState icon="file" title={text.empty} hint={text.emptyHint} />}
        <div className="editor-holder" hidden={open.length === 0 || comparing}>
          <MonacoEditor group={id} />
        </div>
        {comparing && <CompareView key={active} path={active} theirs={theirs.text} />}
      </div>
      {drop !== undefined && <div className={`drop-place drop-${drop}`} aria-hidden="true" />}
    </section>
  )
}

const onTabs = ({ target }: DragEvent): boolean => target instanceof Element && target.closest('.tabs') !== null

/** The tab that the pointer is on. */
function tabAt({ target }: DragEvent): string | undefined {
  return target instanceof Element ? (target.closest<HTMLElement>('[data-tab]')?.dataset['tab'] ?? undefined) : undefined
}
